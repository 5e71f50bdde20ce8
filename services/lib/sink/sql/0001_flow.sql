-- Bookkeeping of the sink: who works where, what became of every offset, what waits for a person.
-- Never edited after it landed: a change is another file.

create schema if not exists flow;
create schema if not exists shared;

create table flow.migration (
  dataset text not null,
  n int not null,
  sql_sha256 bytea not null,
  at timestamptz not null default now(),
  primary key (dataset, n));

-- One row per partition. `next_offset` is null until the partition was first taken, `floor` the version
-- below which nothing applies any more (after a TRUNCATE or a sweep). Times are this database's.
create table flow.lease (
  topic text not null,
  partition int not null,
  dataset text not null,
  owner text,
  epoch bigint not null default 0,
  expires_at timestamptz not null default '-infinity',
  next_offset bigint,
  floor bytea not null default decode(repeat('00', 20), 'hex'),
  rows bigint not null default 0,
  halted_code text,
  halted_at timestamptz,
  primary key (topic, partition))
  with (fillfactor = 50);

create table flow.instance (
  owner text primary key,
  seen_at timestamptz not null);

-- Double entry: what became of the offsets first_offset .. next_offset - 1. Draining a parked record
-- posts an empty range with -1 parked and +1 elsewhere, so every row adds up by itself.
create table flow.ledger (
  topic text not null,
  partition int not null,
  first_offset bigint not null,
  next_offset bigint not null,
  applied bigint not null default 0,
  folded bigint not null default 0,
  duplicate bigint not null default 0,
  stale bigint not null default 0,
  control bigint not null default 0,
  parked bigint not null default 0,
  dead bigint not null default 0,
  quarantined bigint not null default 0,
  superseded bigint not null default 0,
  discarded bigint not null default 0,
  erased bigint not null default 0,
  gap bigint not null default 0,
  at timestamptz not null default now(),
  constraint adds_up check (next_offset - first_offset = applied + folded + duplicate + stale + control
    + parked + dead + quarantined + superseded + discarded + erased + gap));
create index ledger_range on flow.ledger (topic, partition, first_offset);

-- state: parked, drained, superseded, discarded, erased. `discard_by` is the first of the two people
-- whom a discard needs.
create table flow.parked_key (
  topic text not null,
  partition int not null,
  key_ref bytea not null,
  dataset text not null,
  state text not null default 'parked',
  code text not null,
  field_path text,
  since timestamptz not null default now(),
  ended_at timestamptz,
  ended_by text,
  discard_by text,
  discard_asked_at timestamptz,
  primary key (topic, partition, key_ref));
create index parked_key_waiting on flow.parked_key (topic, partition) where state = 'parked';

-- A key's queue is the order of its offsets: a key stays in one partition.
-- code: null for a record that merely waits behind one that fails. payload: nonce and AES-256-GCM of the record as it came, bound to topic, partition and offset. Null:
-- not kept, because it holds what must not be here, or shredded.
create table flow.parked_record (
  topic text not null,
  partition int not null,
  "offset" bigint not null,
  key_ref bytea not null,
  version bytea,
  schema_id bigint,
  code text,
  field_path text,
  payload bytea,
  state text not null default 'parked',
  attempts int not null default 0,
  parked_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (topic, partition, "offset"));
create index parked_record_queue on flow.parked_record (topic, partition, key_ref, "offset");

create table flow.sweep (
  progress_topic text not null,
  progress_offset bigint not null,
  topic text not null,
  below bytea not null,
  offsets jsonb not null,
  seen_at timestamptz not null default now(),
  done_at timestamptz,
  rows_removed bigint,
  primary key (progress_topic, progress_offset));

-- Rows that a capture is asked to send again: an outbox, emptied into the signal topic of the source.
create table flow.copy_request (
  id bigint generated always as identity primary key,
  dataset text not null,
  key text[] not null,
  asked_at timestamptz not null default now(),
  sent_at timestamptz);
create unique index copy_request_waiting on flow.copy_request (dataset, key) where sent_at is null;

create table flow.progress_position (
  progress_topic text primary key,
  next_offset bigint not null,
  newest jsonb);

create table flow.freshness (
  dataset text primary key,
  complete_epoch bigint,
  complete_lsn text,
  complete_at timestamptz,
  source_epoch bigint,
  source_at timestamptz,
  phase text,
  estimated_rows bigint,
  copied_rows bigint,
  updated_at timestamptz not null default now());

-- Of the columns that an event left out, those that the stored row does not hold either. A plain name
-- was left out because it did not change; `!name` because its value is too large to travel, `?name` in
-- an event that continues no earlier row: those are missing whatever was stored before.
create function flow.still_missing(left_out text[], before text[]) returns text[]
language sql immutable parallel safe as $$
  select nullif(array(
    select name from unnest(left_out) name where left(name, 1) in ('!', '?')
    union all
    select name from unnest(before) name where ltrim(name, '!?') = any(left_out)), '{}')
$$;
