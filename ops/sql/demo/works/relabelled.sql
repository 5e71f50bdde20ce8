-- A value of its enum gets another name, and its own again.
begin;
select format('alter type %s rename value %L to %L', t, label, label || ' ?') as there, format('alter type %s rename value %L to %L', t, label || ' ?', label) as back
from (select enumtypid::regtype as t, enumlabel as label from pg_enum
      where enumtypid in (select atttypid from pg_attribute where attrelid = :'table'::regclass) order by enumsortorder limit 1) as first \gset
:there;
:back;
commit;
