-- What the store must hold of the observations: for each station, quantity and time the line received last, less the
-- seeded bad ones. One line each: key, tab, digest of every value as text.
select array[station_code::text, param_code::text, observed_at::text]::text collate "C",
       md5(row(station_code::text, param_code::text, observed_at::text, value::text, unit::text, status::text,
           validated::text, received_at::text, raw_line::text)::text)
from (select distinct on (station_code, param_code, observed_at) *
      from dept.env_observation
      order by station_code, param_code, observed_at, received_at desc) as latest
where array[station_code::text, param_code::text, observed_at::text] not in (select key from dept.seeded_bad where dataset = 'env-observation')
order by 1;
