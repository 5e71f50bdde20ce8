-- weight: 2. A camera is turned, or gets another address.
\set i random(1, 300)
update camera set azimuth_deg = :i, ip = ('10.10.' || :i % 200 || '.7')::inet, purpose = case when cardinality(purpose) = 1 then purpose || array['security'] else purpose[1:1] end where camera_code = 'CB-CAM-' || lpad(:i::text, 4, '0');
