-- weight: 3. One parcel changes its number; another takes the number that became free.
\set c random(0, 55)
\set s random(1, 60)
\set p random(1, 66)
\set r random(1, 1000000)
begin;
update land_parcel set map_sheet_no = 4002, parcel_no = number, updated_at = clock_timestamp()
from (select nextval('demo_number') as number offset 0) as new
where (commune_code, map_sheet_no, land_parcel.parcel_no) = (select code, 3, 5 from commune order by code offset :c limit 1)
  and not exists (select from land_parcel as taken where taken.map_sheet_no = 4002 and taken.parcel_no = number);
insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2)
select code, 3, 5, 'LUC', 77.7 from commune order by code offset :c limit 1 on conflict do nothing;
commit;
