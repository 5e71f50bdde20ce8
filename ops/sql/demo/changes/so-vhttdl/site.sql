-- weight: 4. Visitors are counted, prices change; the picture, kept out of line, is not touched.
\set i random(2, 121)
\set r random(1, 1000000)
update tourism_site set visitors_last_year = :r, ticket_vnd = 1000 * (:r % 90), season = jsonb_build_object('n', :r), manager_phone = '+8420602' || lpad((:r % 100000)::text, 5, '0'), updated_at = clock_timestamp()
where site_code = 'CB-DL-' || lpad(:i::text, 3, '0');
