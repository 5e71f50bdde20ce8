-- pg_temp.named_keys(value, names): what the contracts mean by `keys`, in SQL alone. Of an object the named keys,
-- of an array its objects, each cut the same way; a value with an object anywhere in it goes.
create function pg_temp.named_keys(value jsonb, names text[]) returns jsonb immutable language sql as $$
    select case jsonb_typeof(value)
        when 'object' then coalesce((
            select jsonb_object_agg(key, below) from jsonb_each(value) as entry (key, below)
            where key = any(names) and not jsonb_path_exists(below, 'lax $.** ? (@.type() == "object")')), '{}')
        when 'array' then coalesce((
            select jsonb_agg(pg_temp.named_keys(item, names) order by place)
            from jsonb_array_elements(value) with ordinality as items (item, place) where jsonb_typeof(item) = 'object'), '[]')
    end
$$;
