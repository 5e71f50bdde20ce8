-- weight: 3. Stations report; one line is sent twice.
\set r random(1, 1000000)
begin;
insert into env_observation (station_code, param_code, observed_at, value, unit, status, raw_line)
select 'CB-KK-' || lpad(s::text, 2, '0'), 'PM2.5', clock_timestamp(), :r / 9973.0 + s, 'ug/Nm3', '00', E'PM2.5\t37,4\tug/Nm3' from generate_series(1, 20) as s;
insert into env_observation (station_code, param_code, observed_at, value, unit, status, raw_line)
select station_code, param_code, observed_at, value, unit, status, raw_line from env_observation order by observed_at desc limit 1;
commit;
