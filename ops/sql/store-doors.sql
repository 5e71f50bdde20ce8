-- What PostgreSQL lets every login do in a database, taken back in a store's: read by store-access.sql and
-- open-store-access.sql as a superuser; wants the variable `database`.
\connect :"database"
revoke all on schema public from public;
-- Large objects and advisory locks ask for no right, and would fill the disk and the table of locks that all share.
do $$
declare
  one regprocedure;
begin
  for one in
    select oid from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(lo_|loread$|lowrite$)|advisory|^pg_logical_emit_message$'
  loop
    execute format('revoke execute on function %s from public', one);
  end loop;
end $$;
