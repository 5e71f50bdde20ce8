-- weight: 3. A procedure without records gets another code; every second one becomes one within the administration by it, or the reverse.
\set i random(0, 119)
update admin_procedure set procedure_code = number, is_internal = is_internal <> (:i % 2 = 0), updated_at = clock_timestamp()
from (select '5.' || lpad(nextval('demo_number')::text, 6, '0') as number offset 0) as new
where procedure_code like (1 + :i % 3) || '.' || lpad((1193 + :i * 37)::text, 6, '0') || '%'
  and not exists (select from procedure_record as record where record.procedure_code = admin_procedure.procedure_code)
  and not exists (select from admin_procedure as taken where taken.procedure_code = number);
