-- weight: 4. A parcel is measured again.
\set c random(0, 55)
\set s random(1, 60)
\set p random(1, 66)
\set r random(1, 1000000)
update land_parcel
set geom_wkt = format('POLYGON((%s %s,%s %s,%s %s,%s %s,%s %s))', e, n, e + w, n, e + w, n + 10.5, e, n + 10.5, e, n), area_m2 = round(w * 10.5, 1), updated_at = clock_timestamp()
from (select 500000.5 + :r % 50000 as e, 2480000.5 + :r % 30000 as n, 5 + (:r % 300) / 10.0::numeric(6, 1) as w) as new
where (commune_code, map_sheet_no, parcel_no) = (select commune_code, map_sheet_no, parcel_no from land_parcel
     where commune_code = (select code from commune order by code offset :c limit 1) and (map_sheet_no, parcel_no) >= (:s, :p) and map_sheet_no < 9000
     order by map_sheet_no, parcel_no limit 1);
