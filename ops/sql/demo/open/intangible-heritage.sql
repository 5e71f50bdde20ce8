-- What the open store must hold of `intangible-heritage`: all elements, no artisans.
select element_code, name_vi, kind, communities, commune_codes
from dept.intangible_heritage
where array[element_code::text] not in (select key from dept.seeded_bad where dataset = 'intangible-heritage')
order by element_code collate "C";
