-- weight: 2. A parcel is struck off.
\set c random(0, 55)
\set s random(1, 60)
\set p random(1, 66)
\set r random(1, 1000000)
delete from land_parcel
where (commune_code, map_sheet_no, parcel_no) = (select commune_code, map_sheet_no, parcel_no from land_parcel
     where commune_code = (select code from commune order by code offset :c limit 1) and (map_sheet_no, parcel_no) >= (:s, :p) and map_sheet_no < 9000
     order by map_sheet_no, parcel_no limit 1);
