-- What the open store must hold of `land-price`: every price, whole.
select decision_no, segment_code, land_type, position_no, commune_code, street_vi, segment_from, segment_to, price_vnd_m2,
       coefficient, effective, amended_by
from dept.land_price
where array[decision_no::text, segment_code::text, land_type::text, position_no::text] not in (select key from dept.seeded_bad where dataset = 'land-price')
order by decision_no collate "C", segment_code collate "C", land_type collate "C", position_no::text collate "C";
