-- weight: 1. A whole map sheet goes to another commune: the keys of some sixty rows change in one transaction.
\set c random(0, 55)
\set d random(0, 55)
\set s random(1, 60)
update land_parcel set commune_code = (select code from commune order by code offset :d limit 1), map_sheet_no = sheet, updated_at = clock_timestamp()
from (select 100 + nextval('demo_sheet') as sheet offset 0) as new
where commune_code = (select code from commune order by code offset :c limit 1) and map_sheet_no = :s
  and not exists (select from land_parcel as taken where taken.commune_code = (select code from commune order by code offset :d limit 1) and taken.map_sheet_no = sheet);
