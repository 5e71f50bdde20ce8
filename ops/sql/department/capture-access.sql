-- What a department's database administrator runs, once, as a superuser, in the database to be
-- captured: a login that may read the contracted tables and follow their changes, and the list of
-- those tables. Nothing else is changed; the tables stay as they are. What REPLICATION means beyond
-- that, and the lines of pg_hba.conf that go with it: ops/guides/source-access.md.
--
--   psql -v ON_ERROR_STOP=1 -v password_file=FILE -v tables='dept.land_parcel, dept.env_observation' -f capture-access.sql
--
-- The role is `bangioc_capture`. Where one server holds databases of several departments, each has a role and
-- a password of its own: `-v role=bangioc_capture_so_nnmt`, and `user` below `[source]` the same.
-- To take it all back: `drop publication bangioc`, `drop owned by ROLE`, `drop role ROLE`.

\if :{?role}
\else
\set role bangioc_capture
\endif

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
select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" login replication password :'password';

-- The server needs `wal_level = logical` (a restart) for changes to be followed at all.
select format('grant connect on database %I to %I', current_database(), :'role') \gexec

-- `publish_via_partition_root`: a partitioned table is one dataset, however it is cut.
create publication bangioc for table :tables
    with (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);
-- The list itself is not taken apart: a name may hold a comma.
select distinct format('grant usage on schema %I to %I', nspname, :'role')
from pg_publication
join pg_publication_rel on prpubid = pg_publication.oid
join pg_class on pg_class.oid = prrelid
join pg_namespace on pg_namespace.oid = relnamespace
where pubname = 'bangioc' \gexec
grant select on :tables to :"role";
commit;
