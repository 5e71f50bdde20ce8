-- By hand in the server's own catalogue: changes are in no log for a while. No row of the catalogue tells of it later.
begin;
set local allow_system_table_mods = on;
update pg_class set relpersistence = 'u' where oid = :'table'::regclass;
commit;
