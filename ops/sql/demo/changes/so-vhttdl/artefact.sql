-- weight: 2. An artefact gets another number, or moves to another shelf; its picture is kept out of line.
\set i random(1, 200)
\set r random(1, 1000000)
update museum_artefact set storage_place = 'Kho mẫu :r', on_loan = null, updated_at = clock_timestamp() where artefact_no = 'BTCB-' || :i;
update museum_artefact set artefact_no = number, updated_at = clock_timestamp()
from (select 'BTCB-' || 100000 + nextval('demo_number') as number offset 0) as new
where :r % 4 = 0 and artefact_no = 'BTCB-' || :i and not exists (select from museum_artefact as taken where taken.artefact_no = number);
