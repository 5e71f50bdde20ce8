-- What the store must hold of `health-facility`: every row, less the seeded bad ones. One line each: key, tab, digest of
-- every value as text.
select array[facility_code::text]::text collate "C",
       md5(row(facility_code::text, name_vi::text, class::text, kind::text, commune_code::text, address_text::text, lon::text,
           lat::text, beds::text, departments::text, opening::text, emergency_24h::text, licence_no::text,
           licence_valid_to::text, responsible_person::text, hotline::text, updated_at::text)::text)
from dept.health_facility
where array[facility_code::text] not in (select key from dept.seeded_bad where dataset = 'health-facility')
order by 1;
