-- weight: 1. Work that is taken back, in part and in whole.
\set c random(0, 55)
\set s random(1, 60)
\set p random(1, 66)
\set r random(1, 1000000)
begin;
update land_parcel set note = 'giữ lại :r' where commune_code = '01279' and map_sheet_no = 7 and parcel_no < 4;
savepoint half;
delete from land_parcel where commune_code = '01279' and map_sheet_no = 7;
rollback to savepoint half;
update land_parcel set updated_at = clock_timestamp() where commune_code = '01279' and map_sheet_no = 7 and parcel_no < 3;
commit;
begin;
update land_parcel set note = 'bỏ', land_type = 'SON' where commune_code = '01288' and map_sheet_no = 8;
insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2) values ('01288', 8, 90000, 'LUC', 1.0);
rollback;
