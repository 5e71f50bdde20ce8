-- weight: 8. A few parcels that change all the time, and now and then go and come back under the same key.
\set c random(0, 19)
\set r random(1, 1000000)
begin;
delete from land_parcel where :r % 4 = 0 and map_sheet_no = 2 and parcel_no = 3 and commune_code = (select code from commune order by code offset :c limit 1);
insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, note)
select code, 2, 3, 'ONT', 10.0 + :r % 900, 'mới :r' from commune order by code offset :c limit 1
on conflict (commune_code, map_sheet_no, parcel_no) do update set note = 'nóng :r', land_types_mixed = array['ONT', 'CLN'], updated_at = clock_timestamp();
update land_parcel set note = note || '.', updated_at = clock_timestamp() where map_sheet_no = 2 and parcel_no = 3 and commune_code = (select code from commune order by code offset :c limit 1);
commit;
