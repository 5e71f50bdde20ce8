-- weight: 1. A camera gets another code.
\set i random(1, 300)
update camera set camera_code = number from (select 'CB-CAM-' || (100000 + nextval('demo_number')) as number offset 0) as new
where camera_code = 'CB-CAM-' || lpad(:i::text, 4, '0') and not exists (select from camera as taken where taken.camera_code = number);
