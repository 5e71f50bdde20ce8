-- What the open store must hold of `sport-facility`: all of it.
select facility_code, name_vi, kinds, commune_code, address_text, lon, lat, seats, area_m2, opens, closes, built_year, free_of_charge, fee_vnd, wheelchair, contact_phone, state
from dept.sport_facility
where array[facility_code::text] not in (select key from dept.seeded_bad where dataset = 'sport-facility')
order by facility_code collate "C";
