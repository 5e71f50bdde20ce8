-- Invented parcels, observations and the other registers of the department, the same at every run (only the
-- times of observations follow the clock). Names are samples ("Mẫu"), personal numbers end in 9999xx.
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

-- The last days, one value each 5 minutes, the newest two hours old.
create temp table reading as
select i, format('CB-KK-%s', lpad((1 + i % 20)::text, 2, '0')) as station_code,
       (array['PM2.5', 'PM10', 'SO2', 'NO2', 'CO', 'O3'])[1 + i / 20 % 6] as param_code,
       date_trunc('hour', now()) - interval '2 hours' - i / 120 * interval '5 minutes' as observed_at,
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

-- ---- what the other registers share --------------------------------------------------------------------
create function pg_temp.personal_id(sex text, born date, n int) returns text language sql as $$
    select '004' || ((extract(year from born)::int - 1900) / 100 * 2 + case sex when 'F' then 1 else 0 end)
           || to_char(born, 'YY') || '9999' || lpad((n % 100)::text, 2, '0') $$;
create temp table company as
select row_number() over () - 1 as k, code from unnest(array['4899999017', '4899999024', '4899999031', '4899999049', '4899999056']) as code;
-- A rectangle in VN-2000, w by h metres.
create function pg_temp.box(e numeric, n numeric, w numeric, h numeric) returns text language sql as $$
    select format('POLYGON((%s %s,%s %s,%s %s,%s %s,%s %s))', e, n, e + w, n, e + w, n + h, e, n + h, e, n) $$;

-- ---- certificates --------------------------------------------------------------------------------------
insert into land_use_right
select chr(65 + i % 26) || chr(65 + i / 26 % 26) || case when i % 2 = 0 then ' ' else '' end || lpad((i * 7919 % 1000000)::text, 6, '0'),
       (array['CS', 'CT', 'CH'])[1 + i % 3] || lpad(i::text, 5, '0'),
       code, 1 + i % 60, 1 + i / 3,
       (array['person', 'couple', 'household', 'organisation', 'community'])[1 + i % 5],
       case when i % 5 = 3 then array['4899999024']
            when i % 5 = 1 then array[pg_temp.personal_id('M', born, i), pg_temp.personal_id('F', born, i)]
            else array[pg_temp.personal_id('F', born, i)] end,
       case when i % 5 = 3 then array['HTX MẪU Lê Đông Khê'] when i % 5 = 1 then array['Nông Văn Mẫu', 'Lý Thị Mẫu'] else array['Hoàng Thị Mẫu ' || chr(65 + i % 26)] end,
       (array['LUC', 'ONT', 'HNK', 'RSX', 'CLN', 'ODT'])[1 + i % 6],
       (array['allocated_free', 'allocated_paid', 'leased_annual', 'leased_once', 'recognised', 'inherited', 'transferred'])[1 + i % 7],
       100 + i * 3.7, date '2005-03-01' + i * 25,
       case when i % 4 = 0 then date '2055-03-01' end,
       i % 6 = 0, case when i % 6 = 0 then 'Ngân hàng mẫu, chi nhánh Cao Bằng' end,
       (array['valid', 'valid', 'valid', 'replaced', 'revoked', 'cancelled'])[1 + i % 6],
       timestamptz '2026-01-10 00:00+00' + i * interval '7 minutes'
from generate_series(1, 300) as i join place on k = i % 56,
     lateral (select date '1958-02-01' + i % 150 * 97 as born) as holder;

-- ---- land-use plans ------------------------------------------------------------------------------------
insert into land_use_plan_zone
select case when i % 5 = 0 then 'QHSDD-2026-2030' else 'QHSDD-2026-2030-' || code end, i,
       (array['ODT', 'ONT', 'SKC', 'TMD', 'DGD', 'DYT', 'RPH', 'LUC', 'DGT'])[1 + i % 9],
       case when i % 30 = 7 then '[2026-01-01,)' else '[2026-01-01,2031-01-01)' end::daterange,
       1200 + i % 30 || '/QĐ-UBND', date '2026-02-10' + i % 30,
       case when i % 11 > 0 then 5 + i * 0.37 end,
       jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(
           jsonb_build_array(jsonb_build_array(lon, lat), jsonb_build_array(lon + 0.01, lat), jsonb_build_array(lon + 0.01, lat + 0.01), jsonb_build_array(lon, lat + 0.01), jsonb_build_array(lon, lat))))
           -- What a drawing program leaves beside the figure. Nothing of it may become public.
           || case when i % 7 = 3 then '{"crs": {"type": "name"}, "bbox": [1, 2, 3, 4], "owner": "Nông Văn Mẫu", "properties": {"phone": "0912000000"}}' else '{}' end::jsonb
from generate_series(1, 120) as i join place on k = i % 56,
     lateral (select 105.4 + i * 0.011::numeric as lon, 22.5 + i % 40 * 0.012::numeric as lat) as corner;
-- A zone in two parts, and one with a hole.
update land_use_plan_zone set geom_geojson = '{"type":"MultiPolygon","coordinates":[[[[106.2,22.6],[106.21,22.6],[106.21,22.61],[106.2,22.6]]],[[[106.3,22.6],[106.31,22.6],[106.31,22.61],[106.3,22.6]]]]}' where zone_no = 8;
update land_use_plan_zone set geom_geojson = '{"type":"Polygon","coordinates":[[[106.2,22.7],[106.3,22.7],[106.3,22.8],[106.2,22.8],[106.2,22.7]],[[106.24,22.74],[106.24,22.76],[106.26,22.76],[106.26,22.74],[106.24,22.74]]]}' where zone_no = 9;
-- Drawn the other way round, to a tenth of a millimetre, with heights.
update land_use_plan_zone set geom_geojson = '{"type":"Polygon","coordinates":[[[106.2,22.65,713.2],[106.210000049,22.67,700],[106.220,22.650000001,690.00],[106.2,22.65,713.2]]]}' where zone_no = 11;

-- ---- land prices ---------------------------------------------------------------------------------------
-- Two tables: that of 2025 has run out, that of 2026 is in force. Streets with Đ and with both ways to set a tone.
insert into land_price
select decision, segment, land_type, position_no, code, street, start, finish,
       (case land_type when 'ODT' then 38000 when 'ONT' then 4200 when 'SKC' then 1500 else 90 end / position_no + i % 17 + year % 100) * 1000,
       case when i % 3 > 0 then 0.8 + i % 9 * 0.05 end,
       daterange(make_date(year, 1, 1), make_date(year + 1, 1, 1)),
       case when i % 40 = 0 and year = 2025 then '12/2025/QĐ-UBND' end
from generate_series(0, 99) as i join place on k = i % 56
cross join (values (2025, '45/2024/QĐ-UBND'), (2026, '88/2025/QĐ-UBND')) as price_table (year, decision)
cross join (values ('ODT', 1), ('ODT', 2), ('ODT', 3), ('ODT', 4), ('ONT', 1), ('ONT', 2), ('ONT', 3), ('SKC', 1), ('SKC', 2), ('LUC', 1)) as kind (land_type, position_no),
     lateral (select (array['TP-KIM-DONG', 'TP-HOANG-DINH-GIONG', 'TT-ĐÔNG-KHE', 'XA-HOA-AN', 'QL3-DOAN'])[1 + i % 5] || '-' || lpad(i::text, 2, '0') as segment,
                     (array['Phố Kim Đồng', 'Đường Hoàng Đình Giong', 'Đường trung tâm Đông Khê', 'Khu vực Hòa An', 'Quốc lộ 3, đoạn ' || i])[1 + i % 5] as street,
                     case when i % 5 <> 3 then 'Cầu Bằng Giang' end as start,
                     case when i % 5 <> 3 then 'Ngã tư chợ Xanh, số nhà ' || i end as finish) as road;
-- One segment once more, its code in letters that are decomposed: to the eye the same key, to the database another one.
insert into land_price
select decision_no, normalize(segment_code, nfd), land_type, position_no, commune_code, normalize(street_vi, nfd), segment_from, segment_to, price_vnd_m2, coefficient, effective, amended_by
from land_price where segment_code = 'TT-ĐÔNG-KHE-02' and land_type = 'LUC';

-- ---- statistics ----------------------------------------------------------------------------------------
insert into land_statistics
select year, code, land_type, case when year % 5 = 4 then 'inventory' else 'statistics' end,
       area, area - 1.5, 3, 1.5, round(area * 0.6, 2), round(area * 0.3, 2),
       case when year % 5 = 4 then 10000 end, make_date(year, 12, 31), case when year % 5 = 4 then '77/QĐ-UBND' end,
       timestamptz '2026-02-20 03:00+00'
from (values (2023), (2024), (2025)) as edition (year)
cross join place
cross join unnest(array['LUC', 'HNK', 'RSX', 'ONT', 'CSD']) with ordinality as kind (type, n),
     lateral (select case type when 'CSD' then 'DCS' else type end as land_type, 20 + k * 7.25 + n * 11 + year % 10 as area) as size
where k < 20;

-- ---- environment ---------------------------------------------------------------------------------------
insert into env_station
select format('CB-%s-%s', (array['NM', 'NT', 'KT', 'DN'])[1 + s % 4], lpad(s::text, 2, '0')), 'Trạm mẫu ' || s, (array['water', 'wastewater', 'emission', 'ground'])[1 + s % 4],
       code, 105.6 + s * 0.02, 22.4 + s * 0.015, case when s % 3 > 0 then 'Công ty mẫu' end, case when s % 2 = 0 then ('2001:db8::' || s)::inet end,
       case s % 4 when 2 then array['SO2', 'NO2', 'TEMP'] else array['pH', 'TSS', 'COD', 'NH4+', 'FLOW'] end, s % 7 <> 0
from generate_series(21, 40) as s join place on k = s;

insert into env_permit
select i || '/GPMT-' || (array['UBND', 'SNNMT'])[1 + i % 2], 'Cơ sở mẫu số ' || i || (array[' (chế biến miến dong)', ' - trạm bê tông', E' "Đá vôi"'])[1 + i % 3],
       case when i % 3 > 0 then company.code end, 'Nông Văn Mẫu', '+8420638' || lpad(i::text, 5, '0'), place.code, (array['I', 'II', 'III'])[1 + i % 3],
       (array['{wastewater}', '{wastewater,emission}', '{emission,noise}', '{hazardous_waste}'])[1 + i % 4]::text[],
       case when i % 4 < 2 then 20.5 + i end, case when i % 4 in (1, 2) then 1000 + i * 100 end,
       case when i % 2 = 0 then jsonb_build_object('COD', 75, 'pH', jsonb_build_array(5.5, 9), 'TSS', 50.0) end,
       case when i % 4 < 2 then 'Sông Bằng' end,
       date '2022-05-01' + i * 9, date '2029-05-01' + i * 9, (array['valid', 'valid', 'amended', 'expired', 'revoked'])[1 + i % 5],
       case when i % 3 = 0 then date '2026-03-03' end, timestamptz '2026-03-05 01:00+00' + i * interval '1 hour'
from generate_series(1, 80) as i join place on k = i % 56 join company on company.k = i % 5;

insert into water_licence
select i || '/GP-' || (array['UBND', 'SNNMT'])[1 + i % 2], source_kind,
       (array['Sông Bằng', 'Hồ Khuổi Lái', 'Mỏ nước Nà Mẫu', 'Giếng khoan G' || i])[1 + i % 4], place.code, 'Đơn vị cấp nước mẫu ' || i, case when i % 3 > 0 then company.code end,
       (array['{domestic}', '{irrigation,aquaculture}', '{hydropower}', '{industry}'])[1 + i % 4]::text[],
       volume, case when volume < 100 then 1 when volume < 1000 then 2 when volume < 10000 then 3 else 4 end,
       case when source_kind = 'ground' then 40.5 + i end, 105.5 + i * 0.013, 22.4 + i * 0.006, case when source_kind = 'river' then 0.125 * i end,
       daterange(date '2021-01-01' + i * 13, date '2031-01-01' + i * 13), case when i % 2 = 0 then 1250000 * i end, timestamptz '2026-01-20 02:00+00' + i * interval '1 hour'
from generate_series(1, 90) as i join place on k = i % 56 join company on company.k = i % 5,
     lateral (select (array['river', 'reservoir', 'spring', 'ground'])[1 + i % 4] as source_kind, (array[35.5, 420, 2500, 86400])[1 + i % 4] + i as volume) as use;
-- The smallest class is for springs and wells of hamlets.
update water_licence set volume_m3_day = 12.5, volume_class = 1 where licence_no like '5_/%';

insert into mineral_licence
select i || '/GP-' || (array['UBND', 'BNNMT'])[1 + i % 2], kind, (array['manganese', 'iron', 'bauxite', 'limestone', 'gravel', 'sand', 'clay'])[1 + i % 7], 'Mỏ mẫu ' || i, place.code, company.code,
       4 + i * 1.25, pg_temp.box(500000 + i * 700, 2480000 + i * 500, 200, 200),
       case when kind = 'mining' then 100000 + i * 5000 end, case when kind = 'mining' then 5000 + i * 100 end, i % 6 = 0,
       date '2018-06-01' + i * 20, date '2038-06-01' + i * 20, case when i % 20 = 0 then date '2025-12-31' end, case when kind = 'mining' then 500000000 end,
       timestamptz '2026-01-25 02:00+00' + i * interval '1 hour'
from generate_series(1, 60) as i join place on k = i % 56 join company on company.k = i % 5,
     lateral (select (array['exploration', 'mining', 'mining', 'salvage'])[1 + i % 4] as kind) as licence;

insert into biodiversity_area
select 'CB-DDSH-' || lpad(i::text, 4, '0'), case when point then 'Điểm phân bố mẫu ' else 'Khu bảo tồn mẫu ' end || i, kind::biodiversity_kind,
       array[code] || case when i % 3 = 0 then array['01477'] else '{}' end,
       case when not point then 300 + i * 12.5 end, case when point then (array['Nomascus nasutus', 'Cycas bifida', 'Paphiopedilum hangianum'])[1 + i % 3] end,
       case when point then (array['CR', 'VU', 'EN'])[1 + i % 3] end, case when point then int4range(i, i * 3) end,
       105.5 + i * 0.017123, 22.45 + i * 0.0083217, point and i % 10 <> 4,
       case when i % 4 > 0 then pg_temp.box(480000 + i * 1000, 2490000 + i * 400, 500, 250.5) end, 9210, case when i % 4 > 0 then 125250.0 end,
       'Hạt Kiểm lâm mẫu', date '2024-04-01' + i, timestamptz '2026-02-01 02:00+00' + i * interval '1 hour'
from generate_series(1, 60) as i join place on k = i % 56,
     lateral (select (array['reserve', 'landscape', 'corridor', 'wetland', 'species_point'])[1 + i % 5] as kind) as sort,
     lateral (select kind = 'species_point' as point) as nature;

insert into disaster_point
select 'CB-' || (array['SL', 'LQ', 'NL', 'DG', 'RH'])[1 + i % 5] || '-' || lpad(i::text, 4, '0'), (array['landslide', 'flash_flood', 'flood', 'storm', 'severe_cold'])[1 + i % 5]::disaster_kind,
       format('Xóm Mẫu %s, %s', i % 40, name_vi), code, 105.5 + i * 0.009, 22.4 + i * 0.005, case when i % 4 > 0 then 50 + i * 10 end, 1 + i % 5, i % 60,
       case when i % 5 < 3 then 60.5 + i % 90 end, state,
       case when state <> 'none' then E'Cảnh báo mẫu: mưa > 100 mm & gió\n"cấp 6"; điểm ' || i end,
       case when state <> 'none' then timestamptz '2026-07-01 00:00:00.5+07' + i * interval '1 hour' end,
       case when state <> 'none' then timestamptz '2026-07-01 06:00:00.5+07' + i * interval '1 hour' end,
       case when i % 3 = 0 then 'Nhà văn hóa xóm mẫu' end, case when i % 2 = 0 then (i % 5 + 1) * interval '30 minutes' end, '+842063' || lpad(i::text, 6, '0'),
       case when i % 6 = 0 then date '2025-09-30' - i end, timestamptz '2026-07-01 00:00+07' + i * interval '1 hour'
from generate_series(1, 110) as i join place on k = i % 56,
     lateral (select (array['none', 'none', 'watch', 'warning', 'evacuate', 'over'])[1 + i % 6] as state) as warning;

-- ---- forests, agriculture, poverty ---------------------------------------------------------------------
insert into forest_plot
select (100 + i / 30)::text || case when i % 90 = 0 then 'A' else '' end, (1 + i % 30 / 5)::smallint, (1 + i % 5)::text || case when i % 7 = 0 then 'a' else '' end, code,
       (array['RSX', 'RPH', 'RDD'])[1 + i % 3], (array['TXB', 'TXN', 'RTG', 'TNK'])[1 + i % 4], origin,
       case when origin = 'planted' then 'Hồi' end, case when origin = 'planted' then 1990 + i % 30 end,
       w * h, pg_temp.box(470000 + i % 20 * 2500, 2470000 + i / 20 * 3000, w, h), 9210,
       case when i % 3 > 0 then w * h / 100 end, case when i % 8 > 0 then 0.3 + i % 6 * 0.1 end,
       (array['board', 'company', 'commune', 'household', 'community'])[1 + i % 5], case i % 5 when 3 then 'Triệu Văn Mẫu' when 1 then 'CÔNG TY TNHH MẪU' end,
       case i % 5 when 3 then pg_temp.personal_id('M', date '1970-05-05', i) when 1 then '4899999031' end, case when i % 4 = 0 then 350000 * i end,
       case when i % 50 = 0 then date '2026-05-05' end, timestamptz '2026-05-06 00:00+07' + i * interval '1 minute'
from generate_series(0, 249) as i join place on k = i % 56,
     lateral (select (array['natural', 'planted', 'regrown'])[1 + i % 3] as origin, 100.5 + i % 9 * 40 as w, 80 + i % 7 * 30.5 as h) as size;
-- Long outlines, kept out of line: a comb of 800 corners around half of its box.
update forest_plot set geom_wkt = comb.wkt, area_m2 = 12000.0
from (select format('POLYGON((%s,%s %s,%s %s,%s %s))', string_agg(format('%s %s,%s %s', 500000 + v, 2500000 + v % 2 * 20, 500000 + v + 1, 2500000 + v % 2 * 20), ',' order by v),
                    500400, 2499980, 500000, 2499980, 500000, 2500000) as wkt
      from generate_series(0, 399) as v) as comb
where sub_compartment = 6 and plot like '5%';

insert into agri_record
select (array['TT', 'CN', 'OCOP'])[1 + i % 3] || '-2026-' || lpad(i::text, 5, '0'), kind, code,
       case kind when 'crop' then 'Lúa nếp hương' when 'livestock' then 'Bò Mông' else (array['Miến dong Phia Đén', 'Lạp sườn hun khói', 'Chè Phja Đén', 'Hạt dẻ Trùng Khánh'])[1 + i % 4] || ' mẫu ' || i end,
       case when i % 4 = 0 then 'household' else 'organisation' end, case when i % 4 = 0 then 'Hộ bà Lý Thị Mẫu' else 'HTX MẪU số ' || i end,
       case when i % 4 = 0 then pg_temp.personal_id('F', date '1980-01-01', i) else '4899999024' end,
       case kind when 'crop' then (array['spring', 'summer', 'winter'])[1 + i % 3 ] end, case kind when 'crop' then 1.5 + i % 80 end, case when kind <> 'livestock' then 3.25 + i % 40 end,
       case kind when 'livestock' then 10 + i % 90 end, case kind when 'livestock' then i % 10 end,
       case kind when 'ocop' then 3 + i % 3 end, case kind when 'ocop' then 2000 + i || '/QĐ-UBND' end, case kind when 'ocop' then date '2028-11-30' end,
       case when kind = 'crop' and i % 5 = 0 then 'VN-CBOR-' || lpad(i::text, 4, '0') end, timestamptz '2026-06-01 00:00+07' + i * interval '3 minutes'
from generate_series(1, 240) as i join place on k = i % 56,
     lateral (select (array['crop', 'livestock', 'ocop'])[1 + i % 3] as kind) as sort;

insert into poor_household
select format('HN-%s-%s', code, lpad(i::text, 5, '0')), pg_temp.personal_id(sex, born, i), (array['Hoàng Văn Mẫu', 'Lý Thị Mẫu', 'Sùng Mí Mẫu', 'Triệu Thị Mẫu'])[1 + i % 4], sex,
       (array['02', '07', '08', '09', '43'])[1 + i % 5], code, 'Xóm Mẫu ' || i % 40, case when i % 9 = 0 then 'urban' else 'rural' end,
       category, 60 + i % 100, case category when 'poor' then 40 else 10 end, case category when 'poor' then array['housing', 'water', 'latrine'] when 'near_poor' then array['telecom'] end,
       2 + i % 6, i % 3, case when i % 3 > 0 then jsonb_build_array(jsonb_build_object('policy', 'Bảo hiểm y tế', 'rate', 1.00), jsonb_build_object('policy', 'Tiền điện', 'vnd', 59000)) end,
       2025, case category when 'escaped' then date '2026-01-15' end, timestamptz '2026-01-15 00:00+07' + i * interval '2 minutes'
from generate_series(1, 280) as i join place on k = i % 56,
     lateral (select case when i % 2 = 0 then 'M' else 'F' end as sex, date '1950-03-03' + i * 61 as born, (array['poor', 'poor', 'near_poor', 'escaped'])[1 + i % 4] as category) as head;
