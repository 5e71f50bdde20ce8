-- Invented parcels, some 180 bytes each, in transactions of `size` rows. Variables: first, rows, size.
-- A DO block takes no psql variables, so they go through a setting.
set bench.first = :first;
set bench.rows = :rows;
set bench.size = :size;
do $$
declare
    first bigint := current_setting('bench.first');
    rows bigint := current_setting('bench.rows');
    size bigint := current_setting('bench.size');
begin
    for batch in 0 .. (rows - 1) / size loop
        insert into dept.land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, geom_wkt, address_text, holder_ids, certificate_serial, surveyed_on)
        select '01501', 1 + i / 90000, 1 + i % 90000, 'ONT', round(100 + i % 800, 1),
               format('POLYGON((%s %s,%s %s,%s %s,%s %s,%s %s))', e, n, e + 10, n, e + 10, n + 10 + i % 800 / 10.0, e, n + 10 + i % 800 / 10.0, e, n),
               'Xóm Mẫu ' || i % 40, array['004185999904'], 'CB ' || lpad((i % 1000000)::text, 6, '0'), date '2020-01-01' + (i % 1000)::int
        from generate_series(first + batch * size, least(first + batch * size + size - 1, first + rows - 1)) as i,
             lateral (select 480000 + i % 1000 * 40 as e, 2480000 + i / 1000 % 1000 * 40 as n) as place;
        commit;
    end loop;
end $$;
