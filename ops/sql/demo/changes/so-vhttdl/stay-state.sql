-- weight: 4. A place to stay opens, pauses, closes: public, and not.
\set i random(0, 179)
\set r random(1, 1000000)
update tourism_accommodation set state = (array['applied', 'open', 'paused', 'closed'])[1 + :r % 4], guests_last_month = 100 + :r % 900, updated_at = clock_timestamp()
where establishment_code = (select establishment_code from tourism_accommodation where establishment_code not in (select key[1] from seeded_bad) order by establishment_code offset :i limit 1);
