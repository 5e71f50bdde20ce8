-- weight: 1. A camera is taken down.
\set i random(1, 300)
delete from camera where camera_code = 'CB-CAM-' || lpad(:i::text, 4, '0');
