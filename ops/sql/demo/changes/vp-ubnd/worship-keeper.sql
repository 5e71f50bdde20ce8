-- weight: 1. Another keeper: nothing that the public may see.
\set i random(0, 199)
update worship_establishment set keeper_name = 'Lục Thị Mẫu', keeper_phone = '+84206' || lpad(:i::text, 7, '0'), updated_at = clock_timestamp() where site_code = 'CB-TN-' || lpad(:i::text, 4, '0');
