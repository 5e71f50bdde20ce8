-- weight: 2. An official is moved; the portrait, kept out of line, is not touched.
\set i random(0, 199)
\set r random(1, 1000000)
update civil_servant set agency_code = 'H14.' || 10 + :r % 80, salary_coefficient = 1.86 + (:r % 30) * 0.11, updated_at = clock_timestamp()
where personal_id = (select personal_id from civil_servant where personal_id::text not in (select key[1] from seeded_bad) order by personal_id offset :i limit 1);
