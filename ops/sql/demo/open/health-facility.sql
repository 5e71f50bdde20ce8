-- What the open store must hold of `health-facility`: every row, without the person responsible.
\ir ../named-keys.sql
select facility_code, name_vi, class, kind, commune_code, address_text, lon, lat, beds, departments, pg_temp.named_keys(opening, '{mon-fri,sat,sun,note}') as opening, emergency_24h, licence_no, licence_valid_to, hotline
from dept.health_facility
where array[facility_code::text] not in (select key from dept.seeded_bad where dataset = 'health-facility')
order by facility_code collate "C";
