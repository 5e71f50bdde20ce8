-- Invented rows of the Department of Finance and of the departments whose data it keeps. Tax codes stay in the
-- sequence 48 99999xx, personal numbers end in 9999xx, names are samples (MẪU).
set search_path = dept;
set timezone = 'UTC';

-- The check digit of a tax code (10 digits; none exists where the remainder is 0).
create temp table head as
select row_number() over (order by nine) - 1 as k, nine || (10 - rest) as code
from (select nine, (select sum(w * substr(nine, p::int, 1)::int) from unnest(array[31, 29, 23, 19, 17, 13, 7, 5, 3]) with ordinality as weight (w, p)) % 11 as rest
      from (select '4899999' || lpad(n::text, 2, '0') as nine from generate_series(0, 99) as n) as candidate) as weighed
where rest > 0;
create function pg_temp.tax(i int) returns text language sql as $$ select code from head where k = i % (select count(*) from head) $$;
create temp table place as select row_number() over (order by code) - 1 as k, code::text, name_vi from commune;
create function pg_temp.commune(i int) returns text language sql as $$ select code from place where k = i % 56 $$;
create function pg_temp.commune_name(i int) returns text language sql as $$ select name_vi from place where k = i % 56 $$;
-- The fourth digit says sex and century, the fifth and sixth the year.
create function pg_temp.person_id(sex text, born date, i int) returns text language sql as
    $$ select '004' || (case when born < '2000-01-01' then 0 else 2 end + case sex when 'F' then 1 else 0 end) || to_char(born, 'YY') || '9999' || lpad((i % 100)::text, 2, '0') $$;
create function pg_temp.person(i int) returns text language sql as
    $$ select (array['Nông', 'Hoàng', 'Lý', 'Đàm', 'Bế', 'Triệu', 'Lục', 'HỨA'])[1 + i % 8] || ' ' || (array['Văn', 'Thị', 'Đức', 'Thúy', 'Hoà'])[1 + i % 5] || ' Mẫu' || (array['', ' An', ' Bình', ' Đoàn'])[1 + i / 40 % 4] $$;
create function pg_temp.phone(i int) returns text language sql as $$ select '+8420600' || lpad((i % 100000)::text, 5, '0') $$;
-- A picture: what a JPEG begins with, then so many times 64 bytes.
create function pg_temp.picture(i int, pieces int) returns bytea language sql as
    $$ select '\xffd8ffe0'::bytea || string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b) from generate_series(1, pieces) as b $$;

-- ---- Department of Finance ------------------------------------------------------------------------------
insert into investment_project
select case when kind = 'public' then '7' || lpad((999000 + i)::text, 6, '0') else '99' || lpad(i::text, 8, '0') end,
       (array['Dự án mẫu đường giao thông xóm ', 'Dự án mẫu thủy điện suối ', 'Dự án mẫu trường học xã ', 'Dự án mẫu khu du lịch sinh thái '])[1 + i % 4] || i || case when i % 50 = 7 then E' (giai đoạn 2; "mở rộng")\nghi chú' else '' end,
       kind,
       case when kind = 'public' then (array['A', 'B', 'C', 'C'])[1 + i % 4] end,
       investor,
       case investor when 'agency' then 'Ban Quản lý dự án mẫu ' || i % 9 when 'individual' then pg_temp.person(i) when 'cooperative' then 'HTX MẪU ' || i else 'CÔNG TY TNHH MẪU ' || i end,
       case investor when 'individual' then pg_temp.person_id('M', date '1980-01-01' + i, i) else pg_temp.tax(i) end,
       (array['42102', '35111', '41010', '55101'])[1 + i % 4],
       case when i % 6 = 0 then array[pg_temp.commune(i), pg_temp.commune(i + 1), pg_temp.commune(i + 2)] else array[pg_temp.commune(i)] end,
       total, case when kind = 'public' then total when i % 3 = 0 then round(total / 3) end, round(total * (i % 100) / 100),
       case when i % 7 > 0 then (i % 101) - case when i % 101 > 0 then 0.25 else 0 end end,
       case when status <> 'proposed' then (i + 1) || '/QĐ-UBND' end, case when status <> 'proposed' then date '2021-01-04' + i * 3 end,
       case when i % 9 > 0 then date '2022-03-01' + i * 5 end, case when i % 4 > 0 then date '2023-03-01' + i * 6 end,
       status, pg_temp.person(i + 3), pg_temp.phone(i), timestamptz '2026-02-01 00:00:00.000001+00' + i * interval '61 min'
from generate_series(0, 239) as i,
     lateral (select (array['public', 'domestic', 'public', 'ppp', 'domestic', 'foreign'])[1 + i % 6] as kind,
                     (array['approved', 'in_progress', 'proposed', 'completed', 'in_progress', 'suspended', 'terminated'])[1 + i % 7] as status,
                     case when i = 100 then 1000000000000000 else 500000000 + i * 123456789::numeric end as total) as one,
     lateral (select case when kind = 'public' then 'agency' when i % 11 = 4 then 'individual' when i % 13 = 4 then 'cooperative' else 'enterprise' end as investor) as two;

insert into cooperative
select case when i < 80 then pg_temp.tax(i) else pg_temp.tax(i) || '-' || lpad((i / 80)::text, 3, '0') end,
       '11' || lpad(i::text, 8, '0'),
       case i when 5 then normalize('HTX MẪU Cao Bằng', nfd) when 6 then 'HTX MẪU Phục Hoà' when 7 then 'HTX MẪU Phục Hòa' when 8 then '=HTX MẪU "Lê, Đông Khê"' else 'HTX MẪU ' || (array['Lê Đông Khê', 'Chè Phja Đén', 'Miến dong', 'Mây tre đan'])[1 + i % 4] || ' ' || i end,
       case when i % 9 = 0 then array[1, 14, 99] else array[1 + i % 14] end,
       pg_temp.commune(i), case when i % 12 > 0 then date '2004-02-29' + i * 37 end,
       5 + i % 90, case when i % 4 > 0 then i % 90 / 2 end, case when i % 3 > 0 then i % 90 end,
       case when i % 8 > 0 then round((i * 37.125)::numeric, 3) end,
       -- Without a scale: as many digits as were typed.
       (array['0', '0.10', '1200.500', '0.000000000000000001', '99999.12345678901234567890', '7', null])[1 + i % 7]::numeric,
       pg_temp.person(i), pg_temp.phone(i + 5),
       case when i % 30 = 3
            then (select jsonb_agg(jsonb_build_object('name', pg_temp.person(p), 'id', '0040859999' || lpad((p % 100)::text, 2, '0'))) from generate_series(1, 120) as p)
            when i % 2 = 0 then jsonb_build_array(jsonb_build_object('name', pg_temp.person(i), 'share', 12.50)) end,
       case i % 5 when 0 then array['Lê Đông Khê', 'Chè Phja Đén'] when 1 then '{}' when 2 then array['Thạch "đen"', '', 'NULL', null, E'mật\\ong, rừng'] end,
       (array['4.5', '0.1', '3.3333333', '1e-40', '-0', '5', null, '2.7182817'])[1 + i % 8]::real,
       1 + (i % 11) / 8, timestamptz '2026-03-01 00:00:00+00' + i * interval '33 min'
from generate_series(0, 159) as i;

insert into public_asset_budget
select case kind when 'asset' then 'TS-' || lpad(i::text, 5, '0') when 'budget' then 'NS-2026-' || lpad((400 + i % 60)::text, 3, '0') || '.' || lpad(i::text, 4, '0') else 'GIA-' || lpad(i::text, 4, '0') end,
       kind, (array['H14', 'H14.02', 'H14.35', 'H14.12.01'])[1 + i % 4],
       case kind when 'asset' then 'Trụ sở mẫu ' || i when 'budget' then 'Chi mẫu cho sự nghiệp giáo dục, đợt ' || i else 'Giá mẫu: nước sạch bậc ' || i % 5 end,
       case when kind = 'budget' then 2024 + i % 3 end,
       case when kind = 'budget' then lpad((400 + i % 60)::text, 3, '0') end, case when kind = 'budget' then (6000 + i % 900)::text end,
       case when kind = 'budget' then 1000000 + i * 7654321::numeric end, case when kind = 'budget' and i % 3 > 0 then i * 1234567 end,
       case when kind = 'price' then (array['m³', 'kWh', 'lượt', 'tấn.km'])[1 + i % 4] end,
       case when kind = 'price' then round((1500 + i * 12.34)::numeric, 2) end,
       case when kind = 'price' then (array['[2026-01-01,2027-01-01)', '[2026-01-01,)', '(,2026-07-01)', '[2025-12-31,2026-01-01)'])[1 + i % 4]::daterange end,
       case when kind = 'asset' then 900000000 + i * 1000003::numeric end, case when kind = 'asset' and i % 5 > 0 then i * 1000003::numeric end,
       case when kind = 'asset' then pg_temp.commune(i) end,
       case when i % 4 > 0 then i || '/QĐ-UBND' end, i % 4 > 0,
       timestamptz '2026-01-05 01:02:03.4+00' + i * interval '7 min'
from generate_series(1, 240) as i, lateral (select (array['asset', 'budget', 'price'])[1 + i % 3] as kind) as one;

insert into planning
select 'QH-' || (array['TINH', 'GT', 'DL', 'CN', 'DT'])[1 + i % 5] || '-' || (2020 + i / 5 % 10) || case when i >= 50 then '-DC' || (i / 50)::text else '' end,
       'Quy hoạch mẫu ' || (array['tỉnh Cao Bằng', 'mạng lưới giao thông', 'phát triển du lịch', 'khu công nghiệp', 'đô thị'])[1 + i % 5] || ', số ' || i,
       (array['provincial', 'sector', 'sector', 'zone', 'urban'])[1 + i % 5], (array['H14.02', 'H14.35'])[1 + i % 2],
       case when decided or i % 2 = 0 then (array['[2021-01-01,2031-01-01)', '[2021-01-01,)', 'empty'])[case when i = 17 then 3 else 1 + i % 2 end]::daterange end,
       2050, case when decided then (1000 + i) || '/QĐ-TTg' end, case when decided then date '2022-01-10' + i * 11 end, case when decided and i % 3 > 0 then date '2022-01-20' + i * 11 end,
       case when i % 5 = 0 then (select array_agg(code order by code) from place) else array[pg_temp.commune(i), pg_temp.commune(i + 9)] end,
       670039.00 - i * 12.5,
       -- A ring, counter-clockwise; every ninth with so many points that it is kept out of line.
       case when i % 4 > 0 then jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array((
           select jsonb_agg(jsonb_build_array(round((105.5 + i % 10 * 0.12 + 0.03 * cos(2 * pi() * p / n))::numeric, 7), round((22.45 + i % 7 * 0.1 + 0.03 * sin(2 * pi() * p / n))::numeric, 7)) order by step)
           from generate_series(0, n) as step, lateral (select step % n as p) as point))) end,
       case when i % 3 = 0 then repeat('Tóm tắt mẫu: phát triển kinh tế cửa khẩu, du lịch, nông nghiệp. ', 1 + i % 20) end,
       case when i % 2 = 0 then 'https://mau.example.vn/quy-hoach/' || i || '?b=1&c=2' end, case when i % 2 = 0 then sha256(convert_to('mẫu ' || i, 'utf8')) end,
       case when i >= 50 then 'QH-' || (array['TINH', 'GT', 'DL', 'CN', 'DT'])[1 + i % 5] || '-' || (2020 + i / 5 % 10) end,
       case when i % 6 = 1 then 'Ý kiến mẫu của hội đồng thẩm định' end, status, timestamptz '2026-01-15 02:00:00+00' + i * interval '1 day'
from generate_series(0, 99) as i,
     lateral (select (array['approved', 'adjusted', 'drafting', 'approved', 'appraising', 'expired'])[1 + i % 6] as status, case when i % 9 = 1 then 400 else 24 end as n) as one,
     lateral (select status in ('approved', 'adjusted', 'expired') as decided) as two;

-- ---- Department of Industry and Trade -------------------------------------------------------------------
insert into trade_border_gate
select case direction when 'import' then '1' when 'export' then '3' else '5' end || '0699' || lpad(i::text, 7, '0'),
       direction, (array['TL', 'TR', 'SG', 'PP', 'LV', 'BH', 'NL'])[1 + i % 7], declared_at,
       case when status = 'cleared' then declared_at + (i % 300) * interval '1 min' end,
       case when resident then pg_temp.person_id('F', date '1975-06-01' + i * 20, i) else pg_temp.tax(i) end,
       case when resident then pg_temp.person(i) else 'CÔNG TY XNK MẪU ' || i % 40 end,
       resident, case when resident then pg_temp.person_id('F', date '1975-06-01' + i * 20, i) end,
       (array['08109010', '71081210', '84295900', '44079190'])[1 + i % 4], (array['Thanh long tươi, loại 1', 'Hạt điều "đã bóc vỏ"', 'Máy xúc đã qua sử dụng', 'Gỗ xẻ'])[1 + i % 4],
       (array[0.001, 12.5, 9999999999999.999, 300])[1 + i % 4], (array['kg', 'tan', 'kg', 'm3'])[1 + i % 4],
       case when resident then 50 + i % 900 else 1000.01 + i * 777.7 end, case when not resident then i * 98765 end,
       (array['CHN', 'CHN', 'CHN', 'LAO'])[1 + i % 4], status, declared_at + interval '1 day'
from generate_series(1, 300) as i,
     lateral (select (array['export', 'import', 'export', 'transit'])[1 + i % 4] as direction, i % 5 = 0 as resident,
                     (array['cleared', 'cleared', 'declared', 'inspecting', 'refused', 'cleared'])[1 + i % 6] as status,
                     timestamptz '2026-04-01 00:30:00.123456+00' + i * interval '97 min' as declared_at) as one;

-- ---- Management Board of the Economic Zone ----------------------------------------------------------------
insert into border_gate_vehicle
select gate || '-' || to_char(registered_at at time zone 'Asia/Ho_Chi_Minh', 'YYMMDD') || '-' || lpad(i::text, 4, '0'),
       gate, case when i % 3 = 0 then 'in' else 'out' end, state::queue_state,
       '11C-' || lpad((i % 1000)::text, 3, '0') || case when i % 2 = 0 then '.' || lpad((i % 100)::text, 2, '0') else '' || i % 10 end,
       case when i % 4 = 0 then '11R-' || lpad((i % 1000)::text, 3, '0') || '.99' end,
       pg_temp.person(i), pg_temp.person_id('M', date '1970-05-05' + i * 41, i), case when i % 2 = 0 then 'C99999' || lpad((i % 100)::text, 2, '0') end, pg_temp.phone(i),
       case i % 4 when 0 then array['08109010', '0810'] when 1 then array['440791'] when 2 then '{}' end,
       9000 + i * 97, case when i % 3 > 0 then array[6.1 + i % 5, 7.25, null, 1e-7]::real[] end,
       case when i % 5 = 0 then -18.5 end,
       registered_at, case when state <> 'registered' then registered_at + interval '25 min' end, case when state in ('passed', 'returned') then registered_at + interval '3 h 10 min' end,
       (array['02:30:00', '1 day 01:00:00', '00:00:00.000001', '1 mon -3 days'])[1 + i % 4]::interval,
       case when i % 3 = 1 then jsonb_build_object('lon', 106.573 + i * 0.0001, 'lat', 22.483, 'speed_kmh', i % 60) end,
       registered_at + interval '4 h'
from generate_series(1, 300) as i,
     lateral (select (array['TL', 'TR', 'SG', 'PP', 'LV'])[1 + i % 5] as gate, (array['registered', 'called', 'in_yard', 'passed', 'passed', 'returned', 'cancelled'])[1 + i % 7] as state,
                     -- From 17:00 on it is the next day at the gate.
                     timestamptz '2026-05-01 15:00:00+00' + i * interval '47 min' as registered_at) as one;

-- ---- Department of Home Affairs ---------------------------------------------------------------------------
insert into civil_servant
select pg_temp.person_id(sex, born, i), 'CB' || lpad((990000 + i)::text, 6, '0'), pg_temp.person(i), sex, born,
       lpad((1 + i % 54)::text, 2, '0'), pg_temp.commune(i), (array['H14', 'H14.02', 'H14.35', 'H14.12.01'])[1 + i % 4],
       (array['Chuyên viên', 'Phó Trưởng phòng', 'Giáo viên', 'Chủ tịch Ủy ban nhân dân xã'])[1 + i % 4], kind,
       case kind when 'servant' then '01.003' when 'employee' then 'V.07.03.29' end, 1.86 + (i % 30) * 0.11,
       born + 8500, case when i % 3 > 0 then born + 9000 end, born + 22000, case when i % 2 = 0 then born + 9500 end,
       case when i % 4 > 0 then array['Cử nhân Luật', 'Tiếng Tày "B1"', E'Tin học\\cơ bản'] end,
       case when i % 3 > 0 then jsonb_build_array(jsonb_build_object('relation', 'vợ/chồng', 'name', pg_temp.person(i + 1)), jsonb_build_object('relation', 'con', 'born', 2010 + i % 10)) end,
       case when i % 4 = 0 then pg_temp.picture(i, case when i % 20 = 0 then 300 else 3 end) end,
       (array['working', 'working', 'seconded', 'retired', 'left'])[1 + i % 5], timestamptz '2026-02-03 04:05:06.789+00' + i * interval '3 h'
from generate_series(1, 200) as i,
     lateral (select case when i % 2 = 0 then 'M' else 'F' end as sex, date '1966-02-28' + i * 67 as born, (array['official', 'servant', 'employee', 'contract'])[1 + i % 4] as kind) as one;

insert into labour_merit
select pg_temp.person_id(sex, born, i), pg_temp.person(i), sex,
       case when precise = 'day' then born end, to_char(born, case precise when 'day' then 'DD/MM/YYYY' when 'month' then 'MM/YYYY' else 'YYYY' end), precise,
       pg_temp.commune(i), format('Xóm Mẫu %s, %s', i % 30, pg_temp.commune_name(i)),
       (array['employed', 'self_employed', 'unemployed', 'inactive', 'retired'])[1 + i % 5], case when i % 5 = 0 then pg_temp.tax(i) end, case when i % 3 > 0 then (6000 + i % 900)::text end,
       merit, case when merit then case i % 3 when 0 then array['wounded', 'invalid'] when 1 then array['martyr_kin'] else array['helper'] end end,
       case when merit and i % 3 = 0 then 21 + i % 80 end, case when merit then 1000 * (1000 + i * 7) end,
       case when merit then date '1995-07-27' + i * 30 end, case when merit and i % 17 = 0 then date '2025-12-31' end,
       case when merit then (i + 1) || '/QĐ-SNV' end, timestamptz '2026-02-10 00:00:00+00' + i * interval '1 h'
from generate_series(1, 300) as i,
     lateral (select case when i % 2 = 0 then 'F' else 'M' end as sex, date '1932-01-05' + i * 83 as born, (array['day', 'day', 'month', 'year'])[1 + i % 4] as precise, i % 4 = 3 as merit) as one;

-- ---- Department of Construction ---------------------------------------------------------------------------
insert into construction_planning
select 'QHXD-' || pg_temp.commune(i) || '-' || lpad(i::text, 3, '0'), 'Đồ án mẫu ' || i || ', ' || pg_temp.commune_name(i),
       (array['general', 'zoning', 'detailed', 'rural'])[1 + i % 4], (array['1/10000', '1/2000', '1/500', '1/5000'])[1 + i % 4],
       array[pg_temp.commune(i)], round(area::numeric, 1), case when i % 3 > 0 then 1000 + i * 250 end,
       'POLYGON((' || (select string_agg(round((e + r * cos(2 * pi() * (step % n) / n))::numeric, 2) || ' ' || round((north + r * sin(2 * pi() * (step % n) / n))::numeric, 2), ',' order by step) from generate_series(0, n) as step) || '))',
       srid,
       case when i % 2 = 0 then jsonb_build_object('residential', 42.5, 'green', 10 + i % 20, 'traffic', 18.25) end,
       case when decided then (array['H14', 'H14.35'])[1 + i % 2] end, case when decided then (2000 + i) || '/QĐ-UBND' end, case when decided then date '2020-05-01' + i * 12 end,
       case when i % 4 > 0 then date '2020-03-01' + i * 12 end,
       case i % 3 when 0 then array['https://mau.example.vn/qh/' || i || '/01.pdf', 'https://mau.example.vn/qh/' || i || '/02.pdf'] when 1 then '{}' end,
       case when i % 5 = 0 then 'Ý kiến mẫu' end, state::plan_state, timestamptz '2026-02-20 00:00:00+00' + i * interval '5 h'
from generate_series(1, 150) as i,
     lateral (select (array['approved', 'consulting', 'approved', 'drafting', 'replaced', 'cancelled'])[1 + i % 6] as state,
                     case when i % 10 = 3 then 3405 else 9210 end as srid, case when i % 9 = 0 then 500 else 16 end as n, 150 + i * 3.5 as r,
                     case when i % 10 = 3 then 628000 else 495000 end + i * 400.25 as e, 2475000 + i * 500.5 as north) as one,
     lateral (select state in ('approved', 'replaced') as decided, n * r * r * sin(2 * pi() / n) / 2 as area) as two;

insert into construction_permit
select i || '/' || 2024 + i % 3 || '/GPXD' || (array['', '-SXD', '-UBND'])[1 + i % 3], (array['housing', 'housing', 'commerce', 'public', 'industry', 'religious'])[1 + i % 6],
       (array['new', 'repair', 'new', 'temporary'])[1 + i % 4], kind,
       case kind when 'individual' then pg_temp.person(i) else 'CÔNG TY TNHH MẪU ' || i end,
       case when kind = 'individual' then pg_temp.person_id('M', date '1970-01-01' + i * 30, i) else pg_temp.tax(i) end,
       pg_temp.commune(i), 'Tổ mẫu ' || i % 20 || ', ' || pg_temp.commune_name(i), 1 + i % 60, 1 + i % 500, 60.5 + i * 3, 1 + i % 7, 3.5 + i % 30,
       date '2024-01-08' + i * 3, case when i % 3 > 0 then date '2025-01-08' + i * 3 end, (array['issued', 'issued', 'adjusted', 'extended', 'revoked'])[1 + i % 5],
       pg_temp.person(i + 2), timestamptz '2026-03-03 03:03:03+00' + i * interval '2 h'
from generate_series(1, 250) as i, lateral (select case when i % 5 < 2 then 'organisation' else 'individual' end as kind) as one;

insert into construction_work
select 'CT-' || 2015 + i % 10 || '-' || lpad(i::text, 5, '0'), (array['Cầu mẫu ', 'Trường mẫu ', 'Hồ chứa mẫu ', 'Nhà văn hóa mẫu '])[1 + i % 4] || i,
       (array['DB', 'I', 'II', 'III', 'IV'])[1 + i % 5], (array['transport', 'civil', 'irrigation', 'civil'])[1 + i % 4], pg_temp.commune(i),
       case when i % 2 = 0 then '7' || lpad((999000 + i % 240)::text, 6, '0') end, pg_temp.tax(i), 2000000 + i * 99999999::numeric,
       date '2015-03-01' + i * 9, case when done then date '2017-03-01' + i * 9 end, (array['2 years', '18 mons', '365 days 12:00:00', null])[1 + i % 4]::interval,
       case when done then (array['passed', 'conditional'])[1 + i % 2] end,
       case when i % 25 = 4 then (select jsonb_agg(jsonb_build_object('day', date '2020-01-01' + d, 'result', 'đạt', 'note', repeat('mẫu ', 10))) from generate_series(1, 100) as d)
            when i % 3 > 0 then jsonb_build_array(jsonb_build_object('day', '2025-06-01', 'result', 'đạt "có điều kiện"')) else '[]' end,
       105.3 + i * 0.007, 22.35 + i * 0.004, status, timestamptz '2026-03-04 00:00:00+00' + i * interval '90 min'
from generate_series(1, 200) as i,
     lateral (select (array['preparing', 'building', 'accepted', 'in_use', 'in_use', 'demolished'])[1 + i % 6] as status) as one, lateral (select status in ('accepted', 'in_use') as done) as two;

insert into housing_market
select '99' || lpad((i * 6 + 1)::text, 8, '0'), 'Khu nhà ở mẫu ' || i, pg_temp.tax(i), pg_temp.person(i), pg_temp.commune(i % 3), (array['commercial', 'social', 'plots', 'resettlement'])[1 + i % 4], '2026Q' || 1 + i % 3,
       100 + i * 4, 80 + i * 3, 20 + i, 9000000 + i * 10000, (array[12345678.9, 12000000.000, 15000000.00000000001])[1 + i % 3], 25000000 + i * 50000,
       case when i % 4 = 0 then i % 30 end, date '2024-06-01' + i * 4, timestamptz '2026-03-05 00:00:00+00' + i * interval '4 h'
from generate_series(1, 60) as i;

insert into construction_certificate
select 'CAB-' || lpad((99000000 + i)::text, 8, '0'), kind, case kind when 'individual' then pg_temp.person(i) else 'CÔNG TY CỔ PHẦN MẪU ' || i end,
       case when kind = 'individual' then pg_temp.person_id('M', born, i) else pg_temp.tax(i) end, case when kind = 'individual' then born end,
       case i % 4 when 0 then array['design', 'supervision'] when 1 then array['survey'] when 2 then array['building', 'costing', 'management'] else array['planning'] end,
       (array['I', 'II', 'III'])[1 + i % 3], case when kind = 'individual' then 60 + (i % 40) + 0.25 end, i % 35, issued, issued + 1826,
       status, case when status = 'revoked' then 'Lý do mẫu: kê khai không đúng' end, pg_temp.phone(i), timestamptz '2026-03-06 00:00:00+00' + i * interval '70 min'
from generate_series(1, 200) as i,
     lateral (select case when i % 3 = 0 then 'organisation' else 'individual' end as kind, date '1972-01-01' + i * 40 as born, date '2019-02-28' + i * 9 as issued, (array['valid', 'valid', 'expired', 'revoked'])[1 + i % 4] as status) as one;

insert into road_network
select (array['QL3', 'QL4A', 'QL34', 'DT206', 'DT213', 'DX01786'])[1 + i % 6], round((i * 1.375)::numeric, 3),
       (array['Cầu mẫu Bản Giốc ', 'Đoạn đèo mẫu ', 'Cống mẫu ', 'Ngầm tràn mẫu '])[1 + i % 4] || i, (array['national', 'national', 'national', 'provincial', 'provincial', 'commune'])[1 + i % 6],
       kind, pg_temp.commune(i), 12.25 + i * 3, (array[3.5, 5.5, 7, 6.0999999])[1 + i % 4]::real, (array['asphalt', 'concrete', 'gravel', null])[1 + i % 4], 1960 + i % 66,
       105.3 + i * 0.005, 22.4 + i * 0.002, 1 + i % 5, case when kind = 'bridge' then 13.0 + i % 20 end, case when i % 5 > 0 then date '2026-01-05' + i % 90 end, i % 3 = 0,
       case when kind = 'bridge' then jsonb_build_object('capacity_t', 18.5 + i % 20, 'deflection_mm', 4.25, 'by', 'Trung tâm mẫu') end,
       case when kind = 'bridge' and i % 8 = 0 then convert_to(E'%PDF-1.7\n', 'utf8') || (select string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b) from generate_series(1, 200) as b) end,
       timestamptz '2026-03-07 00:00:00+00' + i * interval '1 h'
from generate_series(0, 239) as i, lateral (select (array['bridge', 'section', 'culvert', 'ford'])[1 + i % 4] as kind) as one;

insert into transport_licence
select '04' || lpad((99000 + i)::text, 5, '0') || '/GPKDVT', kind, case kind when 'household' then 'HỘ KINH DOANH ' || pg_temp.person(i) when 'cooperative' then 'HTX VẬN TẢI MẪU ' || i else 'CÔNG TY VẬN TẢI MẪU ' || i end,
       case when kind = 'household' then pg_temp.person_id('M', date '1975-01-01' + i * 50, i) else pg_temp.tax(i) end,
       case i % 3 when 0 then array['fixed', 'contract'] when 1 then array['goods'] else array['taxi'] end,
       case when i % 3 = 0 or kind = 'cooperative' then array['Cao Bằng – Hà Nội', 'Trùng Khánh – Đàm Thủy, qua "Quảng Uyên"'] when i % 3 = 1 then '{}' end,
       i % 40, array['11B-' || lpad((i % 1000)::text, 3, '0') || '.01', '11F-' || lpad((i % 1000)::text, 3, '0') || '5'], case when i % 2 = 0 then 'Công ty giám sát mẫu' end,
       pg_temp.person(i + 1), pg_temp.person_id('F', date '1985-01-01' + i * 20, i), pg_temp.phone(i), date '2021-01-01' + i * 8, i % 4, (array['valid', 'valid', 'suspended', 'revoked'])[1 + i % 4],
       timestamptz '2026-03-08 00:00:00+00' + i * interval '2 h'
from generate_series(1, 150) as i, lateral (select (array['enterprise', 'cooperative', 'household'])[1 + i % 3] as kind) as one;
