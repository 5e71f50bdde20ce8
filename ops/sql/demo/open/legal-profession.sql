-- What the open store must hold of `legal-profession`: the offices, never a person.
select licence_no, field, organisation_vi, commune_code, address_vi
from dept.legal_licence
where holder_kind = 'organisation'
  and array[licence_no::text] not in (select key from dept.seeded_bad where dataset = 'legal-profession')
order by licence_no collate "C";
