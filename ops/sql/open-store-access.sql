-- What the administrator of the open store runs, once, as a superuser: its database and its owner. A database of
-- its own, best on a server of its own: the user that publishes has no right on the shared one.
--
--   psql -v password="$(cat password-file)" -f open-store-access.sql
\if :{?database}
\else
\set database open_store
\endif
create role bangioc_open_store login password :'password';
do $$ begin create role bangioc_reader_open nologin; exception when duplicate_object then null; end $$;
create database :"database" owner bangioc_open_store;
