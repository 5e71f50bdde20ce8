-- weight: 3. A price of the table in force is amended; once in a while one is struck off and comes back.
\set i random(0, 99)
\set r random(1, 1000000)
update land_price set price_vnd_m2 = price_vnd_m2 + (:r % 5 - 2) * 1000, amended_by = (:r % 900 + 1) || '/2026/QĐ-UBND'
where decision_no = '88/2025/QĐ-UBND' and segment_code like '%-' || lpad(:i::text, 2, '0') and land_type = 'ODT' and position_no = 1 + :r % 4 and price_vnd_m2 between 1000000 and 100000000;
