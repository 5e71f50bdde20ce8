-- weight: 5. A parcel whose outline is kept out of line is touched elsewhere: the change does not carry the outline.
\set i 400 * random(0, 549)
\set r random(1, 1000000)
update land_parcel set note = 'thửa lớn :r', updated_at = clock_timestamp()
where commune_code = (select code from commune order by code offset :i % 56 limit 1) and map_sheet_no = 1 + :i / 56 % 60 and parcel_no = 1 + :i / 3360;
