-- weight: 2. A place becomes sensitive, or is so no longer: its point and its outline change for the public, not here.
\set n random(1, 60)
update biodiversity_area set location_sensitive = not location_sensitive, updated_at = clock_timestamp() where area_code = 'CB-DDSH-' || lpad(:n::text, 4, '0');
