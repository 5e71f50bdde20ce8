-- weight: 4. Pupils come and go, a head is replaced.
\set n random(1, 130)
\set r random(1, 1000000)
update school set pupils = 600 + :r % 300, classes = 10 + :r % 20, head_name = case when :r % 3 = 0 then 'Lục Thị Mẫu' else head_name end, updated_at = clock_timestamp()
where school_code = '0406' || lpad(:n::text, 4, '0') and array[school_code::text] not in (select key from seeded_bad);
