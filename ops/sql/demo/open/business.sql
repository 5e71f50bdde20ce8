-- What the open store must hold of `business`: the enterprises and their branches, never a household.
select enterprise_code, name_vi, name_en, short_name, entity_type, status, founded_on, head_commune, main_industry
from dept.business
where not is_household
  and array[enterprise_code::text] not in (select key from dept.seeded_bad where dataset = 'business')
order by enterprise_code collate "C";
