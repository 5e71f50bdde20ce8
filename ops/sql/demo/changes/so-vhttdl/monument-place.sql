-- weight: 2. A monument is measured again.
\set i random(2, 241)
\set r random(1, 1000000)
update heritage set lon = 105.3 + :r % 1500000 * 0.000001, lat = 22.35 + :r % 800000 * 0.000001, custodian_name = 'Lý Thị Mẫu', updated_at = clock_timestamp() where heritage_code = 'CB-DT-' || lpad(:i::text, 4, '0');
