-- What the open store must hold of `biodiversity`: every area and place; where the location is sensitive, only a tenth
-- of a degree.
-- Without the column `boundary`: how an outline becomes WGS 84 is compared elsewhere.
select area_code, name_vi, kind, commune_codes, area_ha, species_latin, iucn_status,
       case when location_sensitive then round(lon, 1)::numeric(9, 6) else lon end as lon,
       case when location_sensitive then round(lat, 1)::numeric(9, 6) else lat end as lat, location_sensitive, surveyed_on
from dept.biodiversity_area
where array[area_code::text] not in (select key from dept.seeded_bad where dataset = 'biodiversity')
order by area_code collate "C";
