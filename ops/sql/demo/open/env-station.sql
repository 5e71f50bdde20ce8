-- What the open store must hold of `env-station`: every station, without the address of its datalogger.
select station_code, name_vi, kind, commune_code, lon, lat, operator, params, active
from dept.env_station
where array[station_code::text] not in (select key from dept.seeded_bad where dataset = 'env-station')
order by station_code collate "C";
