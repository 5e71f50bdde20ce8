-- What the open store must hold of `cooperative`: all of them, without people.
select coop_tax_code, name_vi, field_codes, commune_code, founded_on, member_count, status
from dept.cooperative
where array[coop_tax_code::text] not in (select key from dept.seeded_bad where dataset = 'cooperative')
order by coop_tax_code collate "C";
