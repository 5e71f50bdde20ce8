-- What the open store must hold of `land-statistics`: every figure.
select year, commune_code, land_type, survey_kind, area_ha, area_previous_ha, increase_ha, decrease_ha,
       used_by_households_ha, used_by_organisations_ha, map_scale, reported_on, approved_no
from dept.land_statistics
where array[year::text, commune_code::text, land_type::text] not in (select key from dept.seeded_bad where dataset = 'land-statistics')
order by year::text collate "C", commune_code collate "C", land_type collate "C";
