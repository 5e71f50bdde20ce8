-- A store is of one side, shared or open. Stores made before there were two are shared.
create table flow.store (
  one boolean primary key default true check (one),
  side text not null check (side in ('shared', 'open')));
insert into flow.store (side) select 'shared' where exists (select from flow.lease);

-- Records that were applied although a value of theirs was too large to travel. Such a record has state
-- `incomplete` in flow.parked_record until the value comes or the row goes; nothing waits behind it.
create index parked_record_incomplete on flow.parked_record (topic, partition, key_ref) where state = 'incomplete';
