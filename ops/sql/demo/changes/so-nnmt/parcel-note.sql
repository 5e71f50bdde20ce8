-- weight: 10. A clerk corrects the address of some parcel.
\set c random(0, 55)
\set s random(1, 60)
\set p random(1, 66)
\set r random(1, 1000000)
update land_parcel set address_text = 'Xóm Mẫu :r', note = 'sửa địa chỉ :r', updated_at = clock_timestamp()
where (commune_code, map_sheet_no, parcel_no) = (select commune_code, map_sheet_no, parcel_no from land_parcel
     where commune_code = (select code from commune order by code offset :c limit 1) and (map_sheet_no, parcel_no) >= (:s, :p) and map_sheet_no < 9000
     order by map_sheet_no, parcel_no limit 1);
