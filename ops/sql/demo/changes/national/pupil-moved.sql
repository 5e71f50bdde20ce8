-- weight: 2. A pupil changes school: half of the key changes.
\set n random(2420, 2822)
\set s random(1, 130)
update pupil set school_code = '0406' || lpad(:s::text, 4, '0'), class_name = '6A' || :s % 9, updated_at = clock_timestamp() where pupil_code = lpad(:n::text, 10, '0');
