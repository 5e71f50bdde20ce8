-- weight: 3. A patient comes again.
\set n random(0, 299)
update patient_file set visits = visits + 1, last_visit_at = clock_timestamp(), vitals = jsonb_build_object('pulse', 70 + visits % 30, 'temp_c', 37.0), updated_at = clock_timestamp() where patient_code = 'BN' || lpad((10 * :n + 8)::text, 8, '0');
