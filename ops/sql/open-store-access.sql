-- What the administrator of the open store runs, once, as a superuser: its database, its owner, and the role that the
-- pages and whoever is let in read with. Nothing but what is public ever gets here.
--
--   psql -v password="$(cat password-file)" -f open-store-access.sql
create role bangioc_open_store login password :'password';
select 'create role bangioc_reader_open nologin' where not exists (select from pg_roles where rolname = 'bangioc_reader_open') \gexec
create database open_store owner bangioc_open_store;
