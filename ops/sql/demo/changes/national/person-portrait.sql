-- weight: 2. A person with a long portrait, kept out of line, is touched elsewhere; now and then the portrait is new.
\set n random(0, 4)
\set r random(1, 1000000)
update person set phone = '+84206' || lpad(:r::text, 7, '0'), portrait = case when :r % 4 = 0 then '\xffd8ffe0'::bytea || sha512(convert_to(':r', 'utf8')) || portrait else portrait end, row_version = row_version + 1, source_updated_at = clock_timestamp()
where personal_id = (select personal_id from person where length(portrait) between 20000 and 60000 order by personal_id offset :n limit 1);
