-- What a careful person would write by hand: COPY into a staging table, one upsert. Rows come on stdin.
begin;
create temp table staging (like land_parcel) on commit drop;
\copy staging from pstdin with (format csv)
insert into land_parcel select * from staging
on conflict (commune_code, map_sheet_no, parcel_no) do update set
    land_type = excluded.land_type, land_types_mixed = excluded.land_types_mixed, area_m2 = excluded.area_m2, geom_wkt = excluded.geom_wkt, srid = excluded.srid,
    address_text = excluded.address_text, parent_parcels = excluded.parent_parcels, status = excluded.status, holder_ids = excluded.holder_ids,
    certificate_serial = excluded.certificate_serial, surveyed_on = excluded.surveyed_on, note = excluded.note, updated_at = excluded.updated_at;
commit;
