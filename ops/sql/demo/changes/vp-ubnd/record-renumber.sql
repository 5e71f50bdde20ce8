-- weight: 1. A record gets another running number: its key changes, a long form is not in the change.
\set i random(0, 2999)
update procedure_record set record_code = regexp_replace(record_code, '-[0-9]+$', number), updated_at = clock_timestamp()
from (select '-' || (50000 + nextval('demo_number')) as number offset 0) as new
where record_code like '%-' || lpad(:i::text, case when :i % 2 = 0 then 5 else 4 end, '0')
  and not exists (select from procedure_record as taken where taken.record_code like '%' || number);
