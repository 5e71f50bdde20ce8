-- weight: 1. A case is moved to the commune that saw it first: its key changes.
\set i random(0, 199)
update communicable_case set case_no = 'TN-2026-01273-' || number, updated_at = clock_timestamp()
from (select 1000 + nextval('demo_number') % 8000 as number offset 0) as new
where case_no like '%-' || lpad(:i::text, 4, '0') and not exists (select from communicable_case as taken where taken.case_no = 'TN-2026-01273-' || number);
