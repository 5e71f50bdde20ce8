-- weight: 2. A plan whose outline is kept out of line is touched elsewhere, or is drawn anew.
\set i random(0, 16)
\set r random(1, 1000000)
update construction_planning set population_forecast = :r % 100000, updated_at = clock_timestamp()
where plan_code = (select plan_code from construction_planning where length(boundary_wkt) > 8000 order by plan_code offset :i limit 1);
update construction_planning set boundary_wkt = 'POLYGON((551000 2507000,551200 2507000,551200 2507150,551000 2507150,551000 2507000))', area_m2 = 30000.0, srid = 9210, updated_at = clock_timestamp()
where :r % 5 = 0 and plan_code like '%-' || lpad((:r % 150 + 1)::text, 3, '0');
