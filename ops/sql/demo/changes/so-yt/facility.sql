-- weight: 4. Beds, numbers and lists change.
\set n random(1, 500)
update health_facility set beds = :n % 90, departments = departments || array['Khoa "' || :n || '"'], opening = jsonb_build_object('mon-fri', '06:30-16:30', 'n', :n), updated_at = clock_timestamp()
where facility_code = '04' || lpad(:n::text, 3, '0') and coalesce(cardinality(departments), 0) < 9;
