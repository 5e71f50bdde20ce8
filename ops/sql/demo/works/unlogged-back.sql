begin;
set local allow_system_table_mods = on;
update pg_class set relpersistence = 'p' where oid = :'table'::regclass;
commit;
