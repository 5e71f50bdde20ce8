-- The catalogue prints of all datasets. Reads catalogues only, by plain queries: no function here opens a
-- table, so that nobody at the source waits for us and we wait for nobody's lock.
-- $1: [{"schema": …, "table": …, "known": oid, "columns": […], "key": […]}], $2: the publication's name.
with recursive wanted as (
    select w.place, (w.item ->> 'known')::oid as known, w.item ->> 'schema' as schema_name, w.item ->> 'table' as table_name, w.item -> 'columns' as columns, w.item -> 'key' as key
    from jsonb_array_elements($1::jsonb) with ordinality as w(item, place)
), found as (
    select w.place, w.columns, w.key, n.oid as schema, c.oid, c.relkind, c.relpersistence, c.relfilenode, c.relowner, c.reltype, c.relispartition,
           c.relreplident, c.reltuples
    from wanted w
    join pg_namespace n on n.nspname = w.schema_name
    join pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
), carried as (
    select f.place, a.attname::text as name, a.attnum, a.atttypid, a.atttypmod, a.xmin::text::int8 as written, a.attgenerated <> '' as generated, a.atthasmissing,
           case when a.atthasmissing then hashtextextended(a.attmissingval::text, 0) end as beside,
           f.oid as relation
    from found f
    join pg_attribute a on a.attrelid = f.oid and a.attnum > 0 and not a.attisdropped
    where f.columns ? a.attname::text
), types as (
    -- Also what the columns' types are made of. Types below 16384 are PostgreSQL's own: nobody changes them.
    select place, atttypid as type from carried where atttypid >= 16384
    union
    select types.place, made_of.type
    from types
    join pg_type t on t.oid = types.type
    cross join lateral (
        select t.typbasetype where t.typbasetype <> 0
        union all select t.typelem where t.typelem <> 0
        union all select r.rngsubtype from pg_range r where r.rngtypid = t.oid or r.rngmultitypid = t.oid
        union all select a.atttypid from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) as made_of(type)
    where made_of.type >= 16384
), parts as (
    select f.place, f.key, i.inhrelid, i.xmin as attached, i.cmin as attached_by, i.xmax as detached
    from found f
    join pg_inherits i on i.inhparent = f.oid and not i.inhdetachpending
    union all
    select p.place, p.key, i.inhrelid, i.xmin, i.cmin, i.xmax
    from parts p
    join pg_inherits i on i.inhparent = p.inhrelid and not i.inhdetachpending
), identities as (
    -- The index of a replica identity counts with its key columns only, and only when it can be relied on.
    select i.indrelid as relation, jsonb_agg(a.attname order by a.attname) as columns
    from (select oid as relation, relreplident from found
          union select c.oid, c.relreplident from parts p join pg_class c on c.oid = p.inhrelid) as r
    join pg_index i on i.indrelid = r.relation and i.indisvalid and case r.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident else false end
    join lateral unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) as k(number) on true
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
    group by i.indrelid
), ours as materialized (
    select jsonb_build_object(
        'oid', p.oid::int8,
        'written', p.xmin::text::int8,
        'all_tables', p.puballtables,
        'leaves_out', array_remove(array[
            case when not p.pubinsert then 'insert' end, case when not p.pubupdate then 'update' end,
            case when not p.pubdelete then 'delete' end, case when not p.pubtruncate then 'truncate' end], null),
        'via_root', p.pubviaroot)::text as publication, p.oid
    from pg_publication p
    where p.pubname = $2
), tables as materialized (
    -- Each table once: joined to what was wanted only afterwards.
    select f.place,
        greatest(f.reltuples, 0)::float8 + coalesce((
            select sum(greatest(c.reltuples, 0)) from parts join pg_class c on c.oid = parts.inhrelid and c.relkind <> 'p' where parts.place = f.place), 0)::float8 as rows,
        jsonb_build_object(
        'oid', f.oid::int8,
        'kind', f.relkind,
        'persistence', f.relpersistence,
        'file', f.relfilenode::int8,
        'owner', f.relowner::int8,
        'row_type', coalesce((select t.xmin::text::int8 from pg_type t where t.oid = f.reltype), 0),
        'is_partition', f.relispartition,
        'published', coalesce((
            select jsonb_agg(m.membership)
            from (
                select jsonb_build_object(
                    'oid', r.oid::int8, 'written', r.xmin::text::int8, 'by_schema', false,
                    'filtered', to_jsonb(r) ->> 'prqual' is not null,
                    'columns', case when to_jsonb(r) ->> 'prattrs' is not null then (
                        select coalesce(jsonb_agg(a.attname), '[]') from pg_attribute a
                        where a.attrelid = r.prrelid and a.attnum::text = any(regexp_split_to_array(btrim(to_jsonb(r) ->> 'prattrs', '[] '), '[, ]+'))) end) as membership
                from pg_publication_rel r where r.prpubid = p.oid and r.prrelid = f.oid
                --SCHEMAS
            ) as m), '[]'),
        'identity', jsonb_build_object('kind', f.relreplident, 'columns', coalesce((select columns from identities where relation = f.oid), '[]')),
        'unique_by', coalesce((
            select jsonb_agg(distinct coalesce('c' || k.oid::text, 'i' || i.indexrelid::text))
            from pg_index i
            left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u')
            where i.indrelid = f.oid and i.indisunique and i.indimmediate and i.indisvalid and i.indpred is null
              and not exists (
                select from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) as n(number)
                where not exists (select from pg_attribute a where a.attrelid = f.oid and a.attnum = n.number and f.key ? a.attname::text))), '[]'),
        'secured', row_security_active(f.oid),
        'readable', has_schema_privilege(f.schema, 'usage') and coalesce((
            select bool_and(has_column_privilege(c.relation, c.attnum, 'select')) from carried c where c.place = f.place), true),
        'columns', coalesce((
            select jsonb_object_agg(c.name, jsonb_build_object(
                'number', c.attnum, 'type_id', c.atttypid::int8, 'base_type', coalesce(nullif(t.typbasetype, 0), t.oid)::int8,
                'type_modifier', case when t.typbasetype <> 0 then t.typtypmod else c.atttypmod end,
                'written', c.written, 'generated', c.generated, 'default_beside', c.atthasmissing, 'beside', c.beside))
            from carried c join pg_type t on t.oid = c.atttypid where c.place = f.place), '{}'),
        'labels', coalesce((
            select jsonb_object_agg(e.oid::text, jsonb_build_object('label', e.enumlabel, 'written', e.xmin::text::int8))
            from pg_enum e where e.enumtypid in (select type from types where types.place = f.place)), '{}'),
        'fields', coalesce((
            select jsonb_object_agg(a.attrelid::text || '.' || a.attnum::text, a.xmin::text::int8)
            from pg_type t join pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0
            where t.typtype = 'c' and t.oid in (select type from types where types.place = f.place)), '{}'),
        'parts', coalesce((
            select jsonb_object_agg(c.oid::text, jsonb_build_object(
                'name', c.relname, 'kind', c.relkind, 'persistence', c.relpersistence, 'file', c.relfilenode::int8,
                'attached', parts.attached::text::int8,
                -- Made as a part, by one command: its columns were inherited before the row of pg_inherits was
                -- written, in the same transaction. ATTACH writes them again, not before that row.
                'came_empty', parts.detached::text = '0' and not exists (
                    select from pg_attribute a
                    where a.attrelid = c.oid and a.attnum > 0
                      and (a.xmin <> parts.attached or a.xmax::text <> '0' or a.attinhcount = 0 or a.attislocal or a.cmin::text::int8 >= parts.attached_by::text::int8)),
                'identity', jsonb_build_object('kind', c.relreplident, 'columns', coalesce((select columns from identities where relation = c.oid), '[]'))))
            from parts join pg_class c on c.oid = parts.inhrelid where parts.place = f.place), '{}'))::text as found
    from found f
    left join ours p on true
)
select p.publication, t.rows, t.found,
    (select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = w.known and t.found is null) as elsewhere
from wanted w
left join ours p on true
left join tables t on t.place = w.place
order by w.place
