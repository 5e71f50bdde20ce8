-- weight: 2. A card is renewed, or replaced under another number.
\set i random(1, 150)
\set r random(1, 1000000)
update tour_guide set issued_on = '2026-01-02', valid_to = date '2031-01-02' + :r % 300, status = 'valid', updated_at = clock_timestamp() where card_no like '_04999' || lpad(:i::text, 3, '0') and card_no not in (select key[1] from seeded_bad);
update tour_guide set card_no = number, updated_at = clock_timestamp()
from (select '2050' || lpad(nextval('demo_number')::text, 5, '0') as number offset 0) as new
where :r % 5 = 0 and card_no = '204999' || lpad(:i::text, 3, '0') and not exists (select from tour_guide as taken where taken.card_no = number);
