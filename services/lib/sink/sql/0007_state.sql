-- Nobody ever posted to them.
alter table flow.ledger drop constraint adds_up, drop column dead, drop column erased, drop column gap;
alter table flow.ledger add constraint adds_up check (next_offset - first_offset = applied + folded + duplicate + stale
  + control + parked + quarantined + superseded + discarded);

-- What a partition that does not get on waits for: the code of its page, since when, after how many tries, and who is in
-- the way where PostgreSQL tells. With `halted_code` it has halted, and `waits_since` is null where it stays so until the
-- service is started again. `nfc`, `whitespace`: rows taken as they are although their texts look odd.
alter table flow.lease add column waits_code text, add column waits_since timestamptz, add column waits_for text,
  add column tries bigint not null default 0, add column nfc bigint not null default 0,
  add column whitespace bigint not null default 0;

-- Columns that a sink has made: one that is missing now was taken away by hand, and is not made again without its values.
create table flow.made_column (
  dataset text not null,
  name text not null,
  primary key (dataset, name));
insert into flow.made_column select distinct l.dataset, a.attname::text
  from flow.lease l join pg_class c on c.relnamespace = 'flow'::regnamespace and c.relname = replace(l.dataset, '-', '_')
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped;

-- A key may be longer than an index takes.
drop index flow.copy_request_waiting;
create unique index copy_request_waiting on flow.copy_request (flow.digest(dataset, key)) where sent_at is null;
