-- weight: 1. A value is replaced by a later one for the same time.
\set i random(0, 50000)
insert into env_observation (station_code, param_code, observed_at, value, unit, status, validated)
select station_code, param_code, observed_at, value + 0.125, unit, '00', true from env_observation where value >= 0 and value <> 'NaN' and param_code <> 'pH' and observed_at < now() offset :i limit 1;
