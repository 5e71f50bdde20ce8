-- What the open store must hold of `water-resource`: every licence, with the class of its volume in place of the
-- volume.
select licence_no, source_name, commune_code, volume_class
from dept.water_licence
where array[licence_no::text] not in (select key from dept.seeded_bad where dataset = 'water-resource')
order by licence_no collate "C";
