-- What the administrator of the shared store runs, as a superuser: the store's database, its owner, and one role
-- without login for each class of columns. The sink grants each role the columns that it may see; whoever reads
-- the store is made a member of one of them, best by reader-access.sql; whoever deals with dead letters gets a login of
-- their own by operator-access.sql.
--
--   psql -v ON_ERROR_STOP=1 -v password_file=FILE -f store-access.sql
--
-- Run again, it changes nothing but the password, and brings a store that an older version made to what stands here.
-- The password is read here from its file: in psql's arguments everyone on the machine could see it.
\set password `cat :'password_file'`
select :'password' = '' as empty \gset
\if :empty
do $$ begin raise 'the password file is empty, or can''t be read'; end $$;
\endif
\if :{?database}
\else
\set database shared_store
\endif
select 'create role ' || name || case name when 'bangioc_store' then ' login' else ' nologin' end
from unnest(array['bangioc_store', 'bangioc_reader_open', 'bangioc_reader_internal', 'bangioc_reader_personal',
    'bangioc_reader_sensitive', 'bangioc_operator']) name
where not exists (select from pg_roles where rolname = name) \gexec
alter role bangioc_store password :'password';
select format('create database %I owner bangioc_store', :'database')
where not exists (select from pg_database where datname = :'database') \gexec

-- Its rows are of every class, and PostgreSQL quotes them in what it logs of a statement that fails, or that is slow.
-- What fails the sink says itself, by SQLSTATE.
\set owner bangioc_store
\ir store-log.sql

-- Nobody gets in but the owner and the readers.
revoke connect, temporary on database :"database" from public;
grant connect on database :"database" to bangioc_reader_open, bangioc_reader_internal, bangioc_reader_personal, bangioc_reader_sensitive;
\ir store-doors.sql
