-- What the open store must hold of `st-organisation`: every row, without its people.
select org_code, name_vi, field_code, address_text
from dept.st_organisation
where array[org_code::text] not in (select key from dept.seeded_bad where dataset = 'st-organisation')
order by org_code collate "C";
