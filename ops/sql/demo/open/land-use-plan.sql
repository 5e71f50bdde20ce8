-- What the open store must hold of `land-use-plan`: every zone, whole.
select plan_code, zone_no, land_type, period, decision_no, decided_on, area_ha, geom_geojson
from dept.land_use_plan_zone
where array[plan_code::text, zone_no::text] not in (select key from dept.seeded_bad where dataset = 'land-use-plan')
order by plan_code collate "C", zone_no::text collate "C";
