-- What the open store must hold of `planning`: plans that were approved, whatever became of them since. Without
-- the outline where that is near the border.
\ir ../near-border.sql
\ir ../figure.sql
select plan_code, name_vi, plan_kind, lead_agency, period, vision_year, decision_no, decided_on, published_on, commune_codes, area_ha, case when not pg_temp.near_border(boundary_geojson, :'border', 1000) then pg_temp.figure(boundary_geojson) end as boundary_geojson, summary_vi, document_url, document_sha256, amends, status
from dept.planning
where status not in ('drafting', 'appraising')
  and array[plan_code::text] not in (select key from dept.seeded_bad where dataset = 'planning')
order by plan_code collate "C";
