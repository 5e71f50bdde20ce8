-- weight: 1. A death is entered, or taken back.
\set n random(3600, 5900)
update person set status = case status when 2 then 1 else 2 end, died_on = case status when 2 then null else date '2026-05-05' end, row_version = row_version + 1, source_updated_at = clock_timestamp()
where personal_id = (select personal_id from person where personal_id >= '0040' || :n and array[personal_id::text] not in (select key from seeded_bad) order by personal_id limit 1);
