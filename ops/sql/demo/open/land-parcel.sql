-- What the open store must hold of `land-parcel`: every parcel, without its holders.
-- Without the column `geometry`: how an outline becomes WGS 84 is compared elsewhere.
select commune_code, map_sheet_no, parcel_no, land_type, land_types_mixed, area_m2, status, surveyed_on
from dept.land_parcel
where array[commune_code::text, map_sheet_no::text, parcel_no::text] not in (select key from dept.seeded_bad where dataset = 'land-parcel')
order by commune_code collate "C", map_sheet_no::text collate "C", parcel_no::text collate "C";
