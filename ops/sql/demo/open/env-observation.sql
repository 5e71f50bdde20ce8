-- What the open store must hold of `env-observation`: for each station, quantity and time the validated line received
-- last.
select station_code, param_code, observed_at, value, unit, status, validated, received_at
from (select distinct on (station_code, param_code, observed_at) *
      from dept.env_observation
      where validated
      order by station_code, param_code, observed_at, received_at desc) as latest
where array[station_code::text, param_code::text, observed_at::text] not in (select key from dept.seeded_bad where dataset = 'env-observation')
order by station_code collate "C", param_code collate "C", observed_at::text collate "C";
