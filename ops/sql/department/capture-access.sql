-- What a department's database administrator runs, once, as a superuser, in the database to be
-- captured: a login that may read the contracted tables and follow their changes, and the list of
-- those tables. Nothing else is changed; the tables stay as they are.
--
--   psql -v ON_ERROR_STOP=1 -v password_file=FILE -v tables='dept.land_parcel, dept.env_observation' -f capture-access.sql
--
-- To take it all back: `drop publication bangioc`, `drop owned by bangioc_capture`, `drop role bangioc_capture`.

-- The password is read here from its file: in psql's arguments everyone on the machine could see it.
\set password `cat :'password_file'`
select :'password' = '' as empty \gset
\if :empty
do $$ begin raise 'the password file is empty, or can''t be read'; end $$;
\endif

-- All or nothing. The role belongs to the server and may be there from another of its databases, whose
-- administrator may be at this very moment where we are: the lock makes one wait for the other.
begin;
lock table pg_authid in share row exclusive mode;
select 'create role bangioc_capture' where not exists (select from pg_roles where rolname = 'bangioc_capture') \gexec
alter role bangioc_capture login replication password :'password';

-- The server needs `wal_level = logical` (a restart) for changes to be followed at all.
select format('grant connect on database %I to bangioc_capture', current_database()) \gexec
select distinct format('grant usage on schema %I to bangioc_capture', nspname)
from unnest(string_to_array(:'tables', ',')) as name
join pg_class on pg_class.oid = trim(name)::regclass
join pg_namespace on pg_namespace.oid = relnamespace \gexec
grant select on :tables to bangioc_capture;

-- `publish_via_partition_root`: a partitioned table is one dataset, however it is cut.
create publication bangioc for table :tables
    with (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);
commit;
