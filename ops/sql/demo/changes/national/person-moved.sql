-- weight: 5. A person moves.
\set n random(3600, 9999)
\set c random(0, 55)
update person set permanent_commune = (select code from commune order by code offset :c limit 1), permanent_address = 'Xóm Mẫu :n', row_version = row_version + 1, source_updated_at = clock_timestamp()
where personal_id = (select personal_id from person where personal_id >= '0040' || :n and array[personal_id::text] not in (select key from seeded_bad) order by personal_id limit 1);
