-- weight: 1. A private project gets a new code, and by the same stroke may become public.
\set i random(0, 239)
update investment_project
set project_code = code, status = 'approved', decision_no = coalesce(decision_no, '77/QĐ-UBND'), decided_on = coalesce(decided_on, current_date - 1), updated_at = clock_timestamp()
from (select '98' || lpad(nextval('demo_number')::text, 8, '0') as code offset 0) as new
where project_code = '99' || lpad(:i::text, 8, '0') and not exists (select from investment_project as taken where taken.project_code = code);
