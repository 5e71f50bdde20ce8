-- A name's letters, all of them capitals, in every row: `alter column … type … using`.
select format('alter table %I alter column %I type %s using upper(%2$I)', :'table', attname, format_type(atttypid, atttypmod))
from pg_attribute
where attrelid = :'table'::regclass and attname = any(array['director_name', 'name_vi', 'title', 'full_name', 'driver_name']) and not attisdropped
order by attnum limit 1 \gexec
