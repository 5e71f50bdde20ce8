-- What the open store must hold of `construction-permit`: those of organisations.
select permit_no, purpose, floor_area_m2, commune_code, issued_on
from dept.construction_permit
where applicant_kind <> 'individual'
  and array[permit_no::text] not in (select key from dept.seeded_bad where dataset = 'construction-permit')
order by permit_no collate "C";
