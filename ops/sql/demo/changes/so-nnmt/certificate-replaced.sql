-- weight: 2. A certificate is replaced: the row keeps its book entry and gets a new serial.
\set n random(1, 300)
update land_use_right set certificate_serial = serial, status = 'valid', updated_at = clock_timestamp()
from (select 'DM ' || lpad(nextval('demo_number')::text, 7, '0') as serial offset 0) as new
where book_no = (array['CS', 'CT', 'CH'])[1 + :n % 3] || lpad(:n::text, 5, '0') and not exists (select from land_use_right as taken where taken.certificate_serial = serial);
