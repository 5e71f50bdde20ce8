-- What the open store must hold of `religious-organisation`: the recognised ones, by name and date.
select org_code, name_vi, recognised_on
from dept.religious_organisation
where status = 'recognised'
  and array[org_code::text] not in (select key from dept.seeded_bad where dataset = 'religious-organisation')
order by org_code collate "C";
