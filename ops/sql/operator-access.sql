-- What the administrator of a store runs for each person who deals with its dead letters, as a superuser: a login of
-- their own. Two of them are two people: a discard needs both, and the store writes down who logged in. A person who
-- leaves: `drop role NAME`.
--
--   psql -d shared_store -v ON_ERROR_STOP=1 -v name=NAME -v password_file=FILE -f operator-access.sql
-- The password is read here from its file: in psql's arguments everyone on the machine could see it.
\set password `cat :'password_file'`
select :'password' = '' as empty \gset
\if :empty
do $$ begin raise 'the password file is empty, or can''t be read'; end $$;
\endif
create role :"name" login password :'password' in role bangioc_operator;
select format('grant connect on database %I to bangioc_operator', current_database()) \gexec
