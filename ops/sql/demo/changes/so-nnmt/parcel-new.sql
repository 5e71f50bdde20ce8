-- weight: 3. A parcel is registered.
\set c random(0, 55)
\set s random(1, 60)
\set p random(1, 66)
\set r random(1, 1000000)
insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, geom_wkt, holder_ids, certificate_serial, surveyed_on)
select code, 4001, nextval('demo_number'), 'ODT', 120.0, 'POLYGON((500000 2480000,500012 2480000,500012 2480010,500000 2480010,500000 2480000))', array['004185999904'], 'CB ' || lpad(:r::text, 7, '0'), current_date - 1
from commune order by code offset :c limit 1
on conflict do nothing;
