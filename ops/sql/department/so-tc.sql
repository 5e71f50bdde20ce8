-- The database of the Department of Finance.
create schema dept;
set search_path = dept;
\ir commune.sql
