-- weight: 1. A facility gets another code.
\set n random(1, 500)
\set m random(501, 799)
update health_facility set facility_code = '04' || :m, updated_at = clock_timestamp()
where facility_code = '04' || lpad(:n::text, 3, '0') and not exists (select from health_facility where facility_code = '04' || :m);
