-- weight: 2. A parcel is split: one row goes, two come, a neighbour is touched, all in one transaction.
\set c random(0, 55)
\set s random(1, 60)
\set p random(1, 66)
\set r random(1, 1000000)
begin;
with parent as (delete from land_parcel where (commune_code, map_sheet_no, parcel_no) = (select commune_code, map_sheet_no, parcel_no from land_parcel
     where commune_code = (select code from commune order by code offset :c limit 1) and (map_sheet_no, parcel_no) >= (:s, :p) and map_sheet_no < 9000
     order by map_sheet_no, parcel_no limit 1) returning *)
insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, parent_parcels)
select commune_code, 4003, nextval('demo_number'), land_type, 50.0, array[map_sheet_no || '-' || parcel_no] from parent, generate_series(1, 2)
on conflict do nothing;
update land_parcel set note = 'giáp thửa tách :r', updated_at = clock_timestamp()
where (commune_code, map_sheet_no, parcel_no) = (select commune_code, map_sheet_no, parcel_no from land_parcel
     where commune_code = (select code from commune order by code offset :c limit 1) and (map_sheet_no, parcel_no) >= (:s, 1) and map_sheet_no < 9000
     order by map_sheet_no, parcel_no limit 1);
commit;
