-- weight: 1. A wrong number is replaced: the whole old row is in the change.
\set n random(0, 99)
update person set personal_id = id, row_version = row_version + 1, source_updated_at = clock_timestamp()
from (select '0040719999' || lpad(:n::text, 2, '0') as id offset 0) as new
where personal_id = (select personal_id from person where personal_id like '0040719999%' order by personal_id limit 1) and not exists (select from person as taken where taken.personal_id = id);
