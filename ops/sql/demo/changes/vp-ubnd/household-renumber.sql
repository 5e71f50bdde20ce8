-- weight: 1. A household gets another code.
\set i random(0, 299)
update ethnic_household set household_code = left(household_code, 9) || number, updated_at = clock_timestamp()
from (select lpad((10000 + nextval('demo_number'))::text, 5, '0') as number offset 0) as new
where household_code like '%-DT-' || lpad(:i::text, 5, '0') and not exists (select from ethnic_household as taken where taken.household_code like '%' || number);
