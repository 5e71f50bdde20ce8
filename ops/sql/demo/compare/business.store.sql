-- What the store holds of `business`, as business.source.sql writes it.
select array[enterprise_code::text]::text collate "C",
       md5(row(enterprise_code::text, name_vi::text, name_en::text, short_name::text, entity_type::text, status::text,
           founded_on::text, charter_capital::text, currency::text, head_commune::text, address_text::text,
           main_industry::text, industries::text, legal_reps::text, owners::text, phone::text, email::text, website::text,
           parent_code::text, is_household::text, change_no::text, changed_at::text)::text)
from shared.business
order by 1;
