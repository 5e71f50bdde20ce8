-- weight: 1. A school gets another code.
\set n random(61, 130)
update school set school_code = code, updated_at = clock_timestamp()
from (select '0407' || lpad((nextval('demo_number') % 9000)::text, 4, '0') as code offset 0) as new
where school_code = '0406' || lpad(:n::text, 4, '0') and array[school_code::text] not in (select key from seeded_bad) and not exists (select from school as taken where taken.school_code = code);
