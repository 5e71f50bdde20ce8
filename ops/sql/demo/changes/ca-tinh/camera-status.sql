-- weight: 4. A camera goes off or on.
\set i random(1, 300)
update camera set status = case status when 'online' then 'offline' else 'online' end, last_seen = clock_timestamp() where camera_code = 'CB-CAM-' || lpad(:i::text, 4, '0');
