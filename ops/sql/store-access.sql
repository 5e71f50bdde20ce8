-- What the administrator of the shared store runs, once, as a superuser: the store's database, its owner,
-- and one role without login for each class of columns. The sink grants each role the columns that it may
-- see; whoever reads the store is made a member of one of them. Whoever deals with dead letters gets a login of their
-- own, with operator-access.sql.
--
--   psql -v ON_ERROR_STOP=1 -v password_file=FILE -f store-access.sql
-- The password is read here from its file: in psql's arguments everyone on the machine could see it.
\set password `cat :'password_file'`
select :'password' = '' as empty \gset
\if :empty
do $$ begin raise 'the password file is empty, or can''t be read'; end $$;
\endif
create role bangioc_store login password :'password';
create role bangioc_reader_open nologin;
create role bangioc_reader_internal nologin;
create role bangioc_reader_personal nologin;
create role bangioc_reader_sensitive nologin;
create role bangioc_operator nologin;
create database shared_store owner bangioc_store;
