-- What the administrator of the shared store runs, once, as a superuser: the store's database, its owner,
-- and one role without login for each class of columns. The sink grants each role the columns that it may
-- see; whoever reads the store is made a member of one of them.
--
--   psql -v password="$(cat password-file)" -f store-access.sql
\if :{?database}
\else
\set database shared_store
\endif
create role bangioc_store login password :'password';
create role bangioc_reader_open nologin;
create role bangioc_reader_internal nologin;
create role bangioc_reader_personal nologin;
create role bangioc_reader_sensitive nologin;
create database :"database" owner bangioc_store;
