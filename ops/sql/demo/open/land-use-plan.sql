-- What the open store must hold of `land-use-plan`: every zone, without its outline where that is near the border.
\ir ../near-border.sql
\ir ../figure.sql
select plan_code, zone_no, land_type, period, decision_no, decided_on, area_ha,
       case when not pg_temp.near_border(geom_geojson, :'border', 1000) then pg_temp.figure(geom_geojson) end as geom_geojson
from dept.land_use_plan_zone
where array[plan_code::text, zone_no::text] not in (select key from dept.seeded_bad where dataset = 'land-use-plan')
order by plan_code collate "C", zone_no::text collate "C";
