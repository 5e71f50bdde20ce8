-- weight: 2. Only what is not public changes.
\set i random(2, 121)
\set r random(1, 1000000)
update tourism_site set manager_phone = '+8420603' || lpad((:r % 100000)::text, 5, '0'), updated_at = clock_timestamp() where site_code = 'CB-DL-' || lpad(:i::text, 3, '0');
