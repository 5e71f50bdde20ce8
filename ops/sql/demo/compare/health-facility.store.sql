-- What the store holds of `health-facility`, as health-facility.source.sql writes it.
select array[facility_code::text]::text collate "C",
       md5(row(facility_code::text, name_vi::text, class::text, kind::text, commune_code::text, address_text::text, lon::text,
           lat::text, beds::text, departments::text, opening::text, emergency_24h::text, licence_no::text,
           licence_valid_to::text, responsible_person::text, hotline::text, updated_at::text)::text)
from shared.health_facility
order by 1;
