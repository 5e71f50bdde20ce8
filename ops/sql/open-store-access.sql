-- What the administrator of the open store runs, as a superuser: its database and its owner. A database of its own,
-- best on a server of its own: the user that publishes has no right on the shared one.
--
--   psql -v ON_ERROR_STOP=1 -v password_file=FILE -f open-store-access.sql
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
\set database open_store
\endif
-- The reader's role belongs to the server: the other store may have made it, at this very moment.
select 'create role bangioc_open_store login' where not exists (select from pg_roles where rolname = 'bangioc_open_store') \gexec
do $$ begin create role bangioc_reader_open nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role bangioc_operator nologin; exception when duplicate_object or unique_violation then null; end $$;
alter role bangioc_open_store password :'password';
select format('create database %I owner bangioc_open_store', :'database')
where not exists (select from pg_database where datname = :'database') \gexec

\set owner bangioc_open_store
\ir store-log.sql

revoke connect, temporary on database :"database" from public;
grant connect on database :"database" to bangioc_reader_open;
\ir store-doors.sql
