-- What the store must hold of `business`: every row, less the seeded bad ones. One line each: key, tab, digest of
-- every value as text.
select array[enterprise_code::text]::text collate "C",
       md5(row(enterprise_code::text, name_vi::text, name_en::text, short_name::text, entity_type::text, status::text,
           founded_on::text, charter_capital::text, currency::text, head_commune::text, address_text::text,
           main_industry::text, industries::text, legal_reps::text, owners::text, phone::text, email::text, website::text,
           parent_code::text, is_household::text, change_no::text, changed_at::text)::text)
from dept.business
where array[enterprise_code::text] not in (select key from dept.seeded_bad where dataset = 'business')
order by 1;
