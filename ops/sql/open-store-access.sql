-- What the administrator of the open store runs, once, as a superuser: its database and its owner. A database of
-- its own, best on a server of its own: the user that publishes has no right on the shared one.
--
--   psql -v ON_ERROR_STOP=1 -v password_file=FILE -f open-store-access.sql
-- The password is read here from its file: in psql's arguments everyone on the machine could see it.
\set password `cat :'password_file'`
select :'password' = '' as empty \gset
\if :empty
do $$ begin raise 'the password file is empty, or can''t be read'; end $$;
\endif
create role bangioc_open_store login password :'password';
do $$ begin create role bangioc_reader_open nologin; exception when duplicate_object then null; end $$;
do $$ begin create role bangioc_operator nologin; exception when duplicate_object then null; end $$;
create database open_store owner bangioc_open_store;
