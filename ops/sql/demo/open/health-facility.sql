-- What the open store must hold of `health-facility`: every row, without the person responsible.
select facility_code, name_vi, class, kind, commune_code, address_text, lon, lat, beds, departments, opening, emergency_24h, licence_no, licence_valid_to, hotline
from dept.health_facility
where array[facility_code::text] not in (select key from dept.seeded_bad where dataset = 'health-facility')
order by facility_code collate "C";
