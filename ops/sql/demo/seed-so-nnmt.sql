-- Invented parcels and observations, the same at every run (only the times of observations follow the
-- clock). Names are samples ("Mẫu"), personal numbers end in 9999xx.
-- Variables: parcels, observations.
set search_path = dept;
set timezone = 'UTC';

-- ---- parcels ----------------------------------------------------------------------------------------
-- A grid of 40 m squares, one parcel in each: rectangle, rectangle with a corner cut out, trapezium, and
-- here and there an outline so long that PostgreSQL keeps it out of line.
create temp table square as
select i,
       480000.0 + (i % 400) * 40 + (i % 7)                as e,
       2500000.0 + (i / 400) * 40 + (i % 5)               as n,
       round(8 + (i * 7 % 240) / 10.0, 1)                 as w,
       round(6 + (i * 13 % 200) / 10.0, 1)                as h,
       case when i % 400 = 0 then 'long' else (array['box', 'box', 'corner', 'trapezium', 'courtyard'])[1 + i % 5] end as shape
from generate_series(0, :parcels - 1) as i;

create temp table outline as
select i, round(area, 1) as area_m2, format('POLYGON((%s))', path) as wkt
from square,
     lateral (select case shape
         when 'corner'    then w * h - round(w / 2, 1) * round(h / 2, 1)
         when 'trapezium' then (w - 2) * h
         when 'courtyard' then w * h - 2.0 * 1.5
         else w * h end as area) as measure,
     lateral (select case shape
         when 'corner' then format('%s %s,%s %s,%s %s,%s %s,%s %s,%s %s,%s %s',
             e, n, e + w, n, e + w, n + round(h / 2, 1), e + w - round(w / 2, 1), n + round(h / 2, 1), e + w - round(w / 2, 1), n + h, e, n + h, e, n)
         when 'trapezium' then format('%s %s,%s %s,%s %s,%s %s,%s %s', e, n, e + w, n, e + w - 2, n + h, e + 2, n + h, e, n)
         -- Two rings: the second is a hole.
         when 'courtyard' then format('%s %s,%s %s,%s %s,%s %s,%s %s),(%s %s,%s %s,%s %s,%s %s,%s %s',
             e, n, e + w, n, e + w, n + h, e, n + h, e, n,
             e + 2, n + 2, e + 2, n + 3.5, e + 4, n + 3.5, e + 4, n + 2, e + 2, n + 2)
         else format('%s %s,%s %s,%s %s,%s %s,%s %s', e, n, e + w, n, e + w, n + h, e, n + h, e, n) end as path) as text
where shape <> 'long';

-- Long outlines: a wavy ring of 480 corners (10 kB); one of 19,999, the most that the rules let through.
create temp table corner as
select i, v, corners,
       (case when i = 0 then 560000 else e + 20 end + radius * cos(angle))::numeric(12, 2) as x,
       (case when i = 0 then 2540000 else n + 20 end + radius * sin(angle))::numeric(12, 2) as y
from square,
     lateral (select case when i = 0 then 19998 else 480 end as corners) as size,
     generate_series(0, corners - 1) as v,
     lateral (select 2 * pi() * v / corners as angle) as turn,
     lateral (select case when i = 0 then 1800 + 90 * sin(9 * angle) else 14 + 2 * sin(5 * angle + i) end as radius) as wave
where shape = 'long';
insert into outline
select i,
       round(abs(sum(ox * ny - nx * oy)) / 2, 1),
       format('POLYGON((%s,%s))', string_agg(x || ' ' || y, ',' order by v), min(x || ' ' || y) filter (where v = 0))
from (select i, v, x, y, x - first_x as ox, y - first_y as oy,
             lead(x, 1, first_x) over ring - first_x as nx, lead(y, 1, first_y) over ring - first_y as ny
      from (select *, first_value(x) over (partition by i order by v) as first_x, first_value(y) over (partition by i order by v) as first_y from corner) as placed
      window ring as (partition by i order by v)) as edge
group by i;

create temp table place as select row_number() over (order by code) - 1 as k, code, name_vi from commune;

insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, land_types_mixed, area_m2, geom_wkt, srid, address_text,
                         parent_parcels, status, holder_ids, certificate_serial, surveyed_on, note, updated_at)
select code,
       1 + i / 56 % 60,
       1 + i / 3360,
       (array['LUC', 'ONT', 'HNK', 'RSX', 'CLN', 'ODT', 'NTS', 'LUK', 'RPH', 'SKC'])[1 + i % 10],
       case when i % 9 = 0 then array['ONT', 'CLN'] when i % 31 = 0 then '{}' end,
       area_m2,
       wkt,
       9210,
       -- Every 997th is decomposed (NFD), as some systems send it: another text, kept as it is.
       case when i % 997 = 0 then normalize(format('Xóm Mẫu %s, %s', i % 40, name_vi), nfd)
            when i % 3 > 0 then format('Xóm Mẫu %s, %s', i % 40, name_vi) end,
       case when i % 50 = 0 then array[format('%s-%s', 1 + i % 60, i % 900), format('%s-%s', 1 + i % 60, i % 900 + 1)] end,
       case when i % 97 = 0 then 'merged'::parcel_status else 'active' end,
       case when i % 4 > 0 then array[format('004%s%s9999%s', i % 4, lpad((i % 90 + 10)::text, 2, '0'), lpad((i % 100)::text, 2, '0'))]
                                || case when i % 12 = 1 then array['4899999017'] else '{}' end end,
       case when i % 6 > 0 then format('%s%s%s', chr(65 + i % 26), chr(65 + i / 26 % 26), lpad(((i * 7919) % 1000000)::text, 6, '0')) end,
       case when i % 11 > 0 then date '2004-01-05' + i % 7000 end,
       case when i % 60 = 0 then E'Ghi chú mẫu:\t"ranh giới"\nđã \\ đo lại, thửa ' || i end,
       timestamptz '2026-01-05 01:02:03.456789+00' + i * interval '1.000001 s'
from square join outline using (i) join place on k = i % 56;
update land_parcel set surveyed_on = '0044-03-15 BC' where (map_sheet_no, parcel_no) = (59, 7) and commune_code = '01273';

-- ---- observations -----------------------------------------------------------------------------------
insert into env_station (station_code, name_vi, kind, commune_code, lon, lat, operator, datalogger_ip, params)
select format('CB-KK-%s', lpad(s::text, 2, '0')), 'Trạm mẫu ' || s, 'air', code, 106 + s * 0.01, 22.5 + s * 0.01, 'Trung tâm Quan trắc', ('10.20.30.' || s)::inet,
       array['PM2.5', 'PM10', 'SO2', 'NO2', 'CO', 'O3']
from generate_series(1, 20) as s join place on k = s;

-- The last weeks, one value each 10 minutes, the newest two hours old.
create temp table reading as
select i, format('CB-KK-%s', lpad((1 + i % 20)::text, 2, '0')) as station_code,
       (array['PM2.5', 'PM10', 'SO2', 'NO2', 'CO', 'O3'])[1 + i / 20 % 6] as param_code,
       date_trunc('hour', now()) - interval '2 hours' - i / 120 * interval '10 minutes' as observed_at,
       (3 + (i * 7919 % 4001) / 37.0)::double precision as value
from generate_series(0, :observations - 1) as i;
insert into env_observation
select station_code, param_code, observed_at, value, 'ug/Nm3', case when i % 50 = 0 then '01' else '00' end, i % 4 = 0,
       observed_at + interval '40 s',
       case when i % 3 = 0 then format(E'%s\t%s\tug/Nm3\t%s\t00', param_code, replace(value::text, '.', ','), to_char(observed_at, 'YYYYMMDDHH24MISS')) end
from reading order by observed_at, i;
-- A datalogger that sent some lines twice, and revisions: same place, quantity and time, another value, received later.
insert into env_observation
select station_code, param_code, observed_at, value, unit, status, validated, received_at, raw_line
from env_observation where extract(epoch from observed_at)::bigint / 600 % 200 = 0;
insert into env_observation
select station_code, param_code, observed_at, value * 1.5, 'ug/Nm3', '00', true, observed_at + interval '90 minutes', null
from reading where i % 120 = 60;
