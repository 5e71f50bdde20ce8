-- weight: 1. A monument gets another code: its key changes, its zone is not in the change.
\set i random(2, 241)
update heritage set heritage_code = code, updated_at = clock_timestamp()
from (select 'CB-DT-' || 1000 + nextval('demo_number') % 7000 as code offset 0) as new
where heritage_code = 'CB-DT-' || lpad(:i::text, 4, '0') and not exists (select from heritage as taken where taken.heritage_code = code);
