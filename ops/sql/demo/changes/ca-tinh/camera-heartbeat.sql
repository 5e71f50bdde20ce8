-- weight: 20. A camera says that it lives; nothing of it is carried.
\set i random(1, 300)
update camera set last_seen = clock_timestamp() where camera_code = 'CB-CAM-' || lpad(:i::text, 4, '0');
