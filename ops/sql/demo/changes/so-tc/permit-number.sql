-- weight: 1. A permit gets another number: its key changes, on the open side as well when a firm holds it.
\set i random(1, 250)
update construction_permit set permit_no = number, updated_at = clock_timestamp()
from (select (10000 + nextval('demo_number')) || '/2026/GPXD' as number offset 0) as new
where permit_no = (select permit_no from construction_permit where permit_no not in (select key[1] from seeded_bad) order by permit_no offset :i - 1 limit 1)
  and not exists (select from construction_permit as taken where taken.permit_no = number);
