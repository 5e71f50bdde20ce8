-- weight: 1. A procedure gets another code, and by it becomes one within the administration or the reverse.
\set i random(0, 119)
update admin_procedure set procedure_code = number, is_internal = not is_internal, updated_at = clock_timestamp()
from (select '5.' || lpad(nextval('demo_number')::text, 6, '0') as number offset 0) as new
where procedure_code like (1 + :i % 3) || '.' || lpad((1193 + :i * 37)::text, 6, '0') || '%'
  and not exists (select from admin_procedure as taken where taken.procedure_code = number);
