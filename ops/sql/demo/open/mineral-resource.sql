-- What the open store must hold of `mineral-resource`: the licences that do not lie in the border belt.
select licence_no, mineral, area_ha, valid_to
from dept.mineral_licence
where not near_border
  and array[licence_no::text] not in (select key from dept.seeded_bad where dataset = 'mineral-resource')
order by licence_no collate "C";
