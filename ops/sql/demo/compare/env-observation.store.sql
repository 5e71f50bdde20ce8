-- What the store holds of `env-observation`, as env-observation.source.sql writes it.
select array[station_code::text, param_code::text, observed_at::text]::text collate "C",
       md5(row(station_code::text, param_code::text, observed_at::text, value::text, unit::text, status::text,
           validated::text, received_at::text, raw_line::text)::text)
from shared.env_observation
order by 1;
