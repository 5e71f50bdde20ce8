-- Without a key for a moment.
begin;
lock table :"table" in access exclusive mode;
select conname as key, pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = :'table'::regclass and contype = 'p' \gset
alter table :"table" drop constraint :"key";
alter table :"table" add constraint :"key" :definition;
commit;
