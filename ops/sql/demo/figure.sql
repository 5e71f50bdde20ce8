-- pg_temp.figure(outline): a GeoJSON polygon as RFC 7946 wants it, and nothing beside it, in SQL alone: two axes,
-- seven decimals, the outer ring of each polygon counter-clockwise, its holes clockwise.
create function pg_temp.ring(ring jsonb, hole boolean) returns jsonb immutable language sql as $$
    with points as (
        select number, trim_scale(round((at -> 0)::numeric, 7)) as x, trim_scale(round((at -> 1)::numeric, 7)) as y
        from jsonb_array_elements(ring) with ordinality as point (at, number)
    ), edges as (
        select x * lead(y) over (order by number) - lead(x) over (order by number) * y as twice from points
    )
    select jsonb_agg(jsonb_build_array(x, y) order by case when ((select sum(twice) from edges) > 0) = hole then -number else number end) from points
$$;
create function pg_temp.polygon(rings jsonb) returns jsonb immutable language sql as $$
    select jsonb_agg(pg_temp.ring(ring, number > 1) order by number) from jsonb_array_elements(rings) with ordinality as part (ring, number)
$$;
create function pg_temp.figure(outline jsonb) returns jsonb immutable language sql as $$
    select case outline ->> 'type'
        when 'Polygon' then jsonb_build_object('type', 'Polygon', 'coordinates', pg_temp.polygon(outline -> 'coordinates'))
        when 'MultiPolygon' then jsonb_build_object('type', 'MultiPolygon', 'coordinates', (
            select jsonb_agg(pg_temp.polygon(rings) order by number) from jsonb_array_elements(outline -> 'coordinates') with ordinality as part (rings, number)))
    end
$$;
