-- What the open store must hold of `construction-planning`: plans that were approved, and those they replaced.
-- Without the column `geometry`: how an outline becomes WGS 84 is compared elsewhere.
\ir ../named-keys.sql
select plan_code, name_vi, plan_level, scale, commune_codes, area_m2, population_forecast, pg_temp.named_keys(land_use, '{residential,public,green,traffic,industry,other}') as land_use, approving_agency, decision_no, decided_on, drawings, state
from dept.construction_planning
where state not in ('drafting', 'consulting', 'cancelled')
  and array[plan_code::text] not in (select key from dept.seeded_bad where dataset = 'construction-planning')
order by plan_code collate "C";
