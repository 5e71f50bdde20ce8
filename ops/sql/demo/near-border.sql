-- pg_temp.near_border(outline, border, metres): does some of a GeoJSON polygon lie nearer to the line? By PostgreSQL's
-- own figures, on a plane around the outline's first corner.
create function pg_temp.path_of(points jsonb, origin jsonb, closed boolean) returns path language sql as $$
    select format(case when closed then '(%s)' else '[%s]' end, string_agg(format('(%s,%s)',
               ((at -> 0)::float8 - (origin -> 0)::float8) * (111412.84 * cosd(north) - 93.5 * cosd(3 * north) + 0.118 * cosd(5 * north)),
               ((at -> 1)::float8 - north) * (111132.92 - 559.82 * cosd(2 * north) + 1.175 * cosd(4 * north))), ',' order by number))::path
    from jsonb_array_elements(points) with ordinality as point (at, number), lateral (select (origin -> 1)::float8 as north) as latitude
$$;
create function pg_temp.near_border(outline jsonb, border jsonb, metres float8) returns boolean language sql as $$
    select bool_or(pg_temp.path_of(ring, ring -> 0, true) <-> pg_temp.path_of(border -> 'coordinates', ring -> 0, false) < metres)
    from jsonb_path_query(case outline ->> 'type' when 'Polygon' then jsonb_build_array(outline -> 'coordinates') else outline -> 'coordinates' end, '$[*][*]') as ring
$$;
