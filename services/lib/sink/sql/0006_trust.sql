-- What is bounded by where it came from. Of a refused record only its place is kept, never what it said;
-- records in a row that were refused for one reason are one line.
create table flow.quarantined (
  topic text not null,
  partition int not null,
  first_offset bigint not null,
  next_offset bigint not null,
  dataset text not null,
  reason text not null,
  bytes bigint not null,
  seen_at timestamptz not null default now(),
  primary key (topic, partition, first_offset));

-- Sweeps that were remembered before anyone asked who may order them.
alter table flow.sweep add column refused text;

-- `generation` grows when a person takes back what a source was believed; who remembers another reads anew.
alter table flow.progress_position add column generation bigint not null default 0;

-- The newest record in the topic's order counts, not the one with the latest clock: else one false record
-- would stand for ever. `distrust`: why the newest was not believed.
alter table flow.freshness add column progress_offset bigint, add column distrust text;

-- What each schema id meant when a record written with it was first applied (SHA-256 of its canonical text).
-- A registry that says something else later is not believed.
create table flow.schema_seen (
  topic text not null,
  schema_id bigint not null,
  fingerprint bytea not null,
  first_offset bigint not null,
  seen_at timestamptz not null default now(),
  primary key (topic, schema_id));

-- What people did to the books by hand. Nothing of ours ever deletes from it.
create table flow.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  "by" text not null default session_user,
  what text not null,
  dataset text not null,
  detail text);
