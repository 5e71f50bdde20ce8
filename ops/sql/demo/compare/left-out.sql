-- Columns of the department's tables that no contract names: table and column. Each needs its reason in the list below;
-- any other is a column forgotten. Generated columns are not in PostgreSQL's stream at all.
-- `source`: the database's name. $CONTRACTS_JSON: as for datasets.sql.
\set contracts `cat "$CONTRACTS_JSON"`
with contracted as (
    select split_part(d ->> 'table', '.', 2) as relation, c ->> 'name' as name
    from json_array_elements(:'contracts'::json) as d, json_array_elements(d -> 'columns') as c
    where d ->> 'source' = :'source' and d -> 'table' is not null)
select relname || '.' || attname
from pg_attribute join pg_class on pg_class.oid = attrelid
where relnamespace = 'dept'::regnamespace and relkind in ('r', 'p') and not relispartition and attnum > 0 and not attisdropped
  and attgenerated = ''
  and exists (select from contracted where relation = relname)
  and not exists (select from contracted where relation = relname and name = attname)
  and relname || '.' || attname not in (
      -- A heartbeat of each camera, several a minute: carried, it would drown what is said about them.
      'camera.last_seen')
order by 1;
