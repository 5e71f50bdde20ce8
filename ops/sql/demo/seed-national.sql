-- Invented persons, events of civil status, businesses and what goes with them. Tax codes stay in the sequence
-- 48 99999xx, so most businesses are branches; personal numbers end in 9999xx. Variable: businesses.
set search_path = dept;
set timezone = 'UTC';

-- The check digit of a tax code (10 digits; none exists where the remainder is 0).
create temp table head as
select row_number() over (order by nine) - 1 as k, nine || (10 - rest) as code
from (select nine, (select sum(w * substr(nine, p::int, 1)::int) from unnest(array[31, 29, 23, 19, 17, 13, 7, 5, 3]) with ordinality as weight (w, p)) % 11 as rest
      from (select '4899999' || lpad(n::text, 2, '0') as nine from generate_series(0, 99) as n) as candidate) as weighed
where rest > 0;
create temp table place as select row_number() over (order by code) - 1 as k, code, name_vi from commune;
create temp table trade (k int, code text, name text);
insert into trade values (0, '10740', 'MIẾN DONG'), (1, '46322', 'BÁN BUÔN THỰC PHẨM'), (2, '47110', 'BÁN LẺ'), (3, '56101', 'NHÀ HÀNG'), (4, '49331', 'VẬN TẢI'), (5, '41010', 'XÂY DỰNG');

insert into business
select case kind when 'head' then head.code
                 when 'branch' then head.code || '-' || lpad((1 + i / 91 % 999)::text, 3, '0')
                 else format('004%s%s9999%s', i % 4, lpad((i / 4 % 90 + 10)::text, 2, '0'), lpad((i / 360 % 100)::text, 2, '0')) end,
       case kind when 'head' then 'CÔNG TY TNHH MẪU ' when 'branch' then 'CHI NHÁNH CÔNG TY MẪU ' else 'HỘ KINH DOANH MẪU ' end || trade.name || ' ' || i,
       case when i % 3 = 0 then 'SAMPLE COMPANY ' || i end,
       case when i % 5 = 0 then 'Mẫu ' || i end,
       case kind when 'head' then 'LLC1' when 'branch' then 'BRANCH' else 'HOUSEHOLD' end,
       (array['active', 'active', 'active', 'suspended', 'dissolved'])[1 + i % 5]::biz_status,
       date '2003-02-01' + i % 8000,
       case when kind = 'head' then 1000000000 + i * 1000000 when kind = 'household' then 50000000 + i end,
       'VND', place.code, format('Xóm Mẫu %s, %s', i % 30, place.name_vi),
       trade.code, array[trade.code] || case when i % 2 = 0 then array['46491'] else '{}' end,
       case when i % 500 = 1
            -- Long enough to be kept out of line.
            then (select jsonb_agg(jsonb_build_object('name', 'Đàm Thị Mẫu ' || p, 'id', '004185' || '9999' || lpad((p % 100)::text, 2, '0'), 'role', 'Thành viên')) from generate_series(1, 60) as p)
            when i % 3 > 0 then jsonb_build_array(jsonb_build_object('name', 'Nông Văn Mẫu', 'id', '0040859999' || lpad((i % 100)::text, 2, '0'), 'role', 'Giám đốc'))
            else '[]' end,
       case when i % 40 = 0 then jsonb_build_array(jsonb_build_object('name', 'Lý Văn Mẫu', 'share', 0.5)) end,
       case when i % 2 = 0 then '+84206' || lpad((i % 1000000)::text, 6, '0') || '0' end,
       case when i % 7 = 0 then format('mau%s@example.vn', i) end,
       case when i % 11 = 0 then format('https://mau%s.example.vn/', i) end,
       case when kind = 'branch' then head.code end,
       kind = 'household',
       i % 20,
       timestamptz '2026-02-01 00:00:00+00' + i * interval '1.5 s'
from generate_series(0, :businesses - 1) as i
cross join lateral (select case when i < (select count(*) from head) then 'head' when i % 5 = 4 then 'household' else 'branch' end as kind) as sort
join head on head.k = i % (select count(*) from head)
join place on place.k = i % 56
join trade on trade.k = i % 6
on conflict do nothing;

-- ---- persons -------------------------------------------------------------------------------------------
create function pg_temp.personal_id(sex text, born date, n int) returns text language sql as $$
    select '004' || ((extract(year from born)::int - 1900) / 100 * 2 + case sex when 'F' then 1 else 0 end)
           || to_char(born, 'YY') || '9999' || lpad((n % 100)::text, 2, '0') $$;
-- Three thousand, born from 1936 on, eleven days apart. Some of the old know only their year, or month and year.
create temp table born as
select i, sex, day, precision, pg_temp.personal_id(sex, day, i / 2) as personal_id
from generate_series(0, 2999) as i,
     lateral (select case when i % 2 = 0 then 'M' else 'F' end as sex, date '1936-01-15' + i * 11 as day) as birth,
     lateral (select case when day < '1958-01-01' and i % 3 = 0 then 'year' when day < '1958-01-01' and i % 3 = 1 then 'month' else 'day' end as precision) as known;

insert into person
select personal_id, case when i % 4 = 0 and day < '1998-01-01' then '080' || lpad(i::text, 6, '0') end,
       case when i % 499 = 0 then normalize('Lục Thị Phương Mẫu', nfd)
            else (array['HOÀNG VĂN MẪU', 'Nông Thị Mẫu', 'Sùng Mí Mẫu', 'Đàm Thị Mẫu-Vân', 'Mẫu', E'Ê\'ban Mẫu', 'Lý Hoà Mẫu', 'Lý Hòa Mẫu'])[1 + i % 8] end,
       case i % 30 when 0 then array['Tên khác mẫu', 'Cụ "Mẫu", bà'] when 1 then '{}' end,
       sex, case precision when 'day' then day end, case precision when 'year' then to_char(day, 'YYYY') when 'month' then to_char(day, 'MM/YYYY') else to_char(day, 'DD/MM/YYYY') end,
       precision::date_precision, '004', (array['01', '02', '07', '08', '09', '43'])[1 + i % 6], case when i % 9 = 0 then '03' end, 'VNM', case when day < '2008-01-01' then 1 + i % 3 end,
       code, case when i % 997 = 0 then normalize(format('Xóm Mẫu %s, %s', i % 40, name_vi), nfd) else format('Xóm Mẫu %s, %s', i % 40, name_vi) end,
       case when i % 25 = 0 then '01273' end, case when i % 25 = 0 then date '2027-06-30' end, 'H' || lpad((i / 4)::text, 7, '0'), (i % 4)::smallint,
       case when i % 2 = 0 then '+84206' || lpad(i::text, 7, '0') end,
       -- A portrait; one in ten is so long that it is kept out of line.
       case when i % 60 = 0 then '\xffd8ffe0'::bytea || (select string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b) from generate_series(1, case when i % 600 = 0 then 400 else 4 end) as b) end,
       case when i % 7 = 0 then (array['A', 'B', 'AB', 'O+'])[1 + i % 4] end, case when dead then 2 when i % 700 = 699 then 3 else 1 end, case when dead then date '2026-02-02' - i % 300 end,
       1 + i % 5, timestamptz '2026-05-01 00:00:00.000001+07' + i * interval '3.5 s'
from born join place on k = i % 56, lateral (select day < '1960-01-01' and i % 10 = 3 as dead) as fate;

-- ---- civil status --------------------------------------------------------------------------------------
-- Births, with both parents; the subject's number comes later for some.
insert into civil_status_event
select 'birth', code, extract(year from registered)::smallint, 1000 + i, registered, day, 'day', case when i % 5 > 0 then personal_id end,
       (array['Nông Hoa Mẫu', 'HOÀNG MẪU', 'Lý Mẫu'])[1 + i % 3], sex, day, 'day', (array['02', '07', '08'])[1 + i % 3], 'VNM', null, null,
       '0041959999' || lpad((i % 100)::text, 2, '0'), 'Lý Thị Mẫu', case when i % 4 > 0 then '0040939999' || lpad((i % 100)::text, 2, '0') end, case when i % 4 > 0 then 'Nông Văn Mẫu' end,
       'Bệnh viện Đa khoa tỉnh Cao Bằng', null, null, md5('birth' || i)::uuid, case when i % 6 = 0 then jsonb_build_object('weight_g', 3100.0, 'note', E'mẫu "1"\n') end,
       registered + time '08:15:00.5' + i * interval '1 second'
from born join place on k = i % 56, lateral (select day + 3 + i % 80 as registered) as entry
where day between '2019-01-01' and '2026-03-01';
-- Marriages and deaths.
insert into civil_status_event
select 'marriage', code, 2025, 2000 + i, date '2025-01-10' + i % 300, date '2025-01-10' + i % 300, 'day', groom.personal_id, 'Hoàng Văn Mẫu', 'M', groom.day, 'day', '02', 'VNM',
       '0041009999' || lpad((i % 100)::text, 2, '0'), 'Đàm Thị Mẫu', null, null, null, null, name_vi, null, null, md5('marriage' || i)::uuid, null, timestamp '2025-12-01 10:00' + i * interval '1 second'
from born as groom join place on k = i % 56 where sex = 'M' and day between '1990-01-01' and '2000-01-01';
insert into civil_status_event
select 'death', code, 2026, 3000 + i, date '2026-02-20', case when i % 4 > 0 then date '2026-02-02' - i % 30 end, (case when i % 4 > 0 then 'day' else 'unknown' end)::date_precision, personal_id, 'Triệu Thị Mẫu', sex,
       case precision when 'day' then day end, precision::date_precision, '09', 'VNM', null, null, null, null, null, null, 'Tại nhà',
       case when i % 2 = 0 then 'Tuổi già; mẫu nguyên nhân "A"' end, null, md5('death' || i)::uuid, '{}', timestamp '2026-02-20 15:30' + i * interval '1 second'
from born join place on k = i % 56 where day < '1960-01-01' and i % 10 = 3;
-- Corrections of births, corrections of corrections, cancellations.
insert into civil_status_event
select event::civil_event, office_code, 2026, register_no + 5000, date '2026-04-01', null, 'unknown', null, subject_name, null, null, null, null, null, null, null, null, null, null, null, null, null, event_uuid,
       md5(event || register_no)::uuid, jsonb_build_object('field', 'subject_name'), timestamp '2026-04-01 09:00' + register_no * interval '1 second'
from civil_status_event, unnest(array['correction', 'cancellation']) as event
where event_type = 'birth' and register_no % (case event when 'correction' then 12 else 45 end) = 0;

-- ---- insurance, health, education ----------------------------------------------------------------------
insert into insurance_participation
select case i % 3 when 0 then object || '404' || '99999' || lpad(i::text, 5, '0') when 1 then '99999' || lpad(i::text, 5, '0') else personal_id end,
       personal_id, 'Nông Văn Mẫu', day, sex, code, object, 4, case when object = 'DN' then '4899999017' end, case when object = 'DN' then 5200000 + i * 1000 end, case when object = 'DN' then 10.5 end,
       i % 400, case when i % 8 > 0 then daterange('2026-01-01', case when i % 9 > 0 then date '2027-01-01' end) end, case when i % 5 = 0 then greatest(day, date '2024-01-01') end, '04' || lpad((i % 90 + 1)::text, 3, '0'),
       (array['paying', 'paying', 'reserved', 'retired', 'stopped'])[1 + i % 5], case when object = 'GD' then 0.7 end, timestamptz '2026-05-10 00:00+07' + i * interval '1 second'
from born join place on k = i % 56, lateral (select (array['DN', 'HN', 'DT', 'GD', 'TE'])[1 + i / 10 % 5] as object) as insured
where i % 10 = 4 or i % 20 = 7;

insert into patient_file
select 'BN' || lpad(i::text, 8, '0'), '04' || lpad((i % 40 + 1)::text, 3, '0'), case when i % 6 > 0 then personal_id end, case when i % 4 > 0 then 'DT40499999' || lpad(i::text, 5, '0') end,
       'Hoàng Thị Mẫu', day, sex, greatest(day, date '2020-01-01') + i % 100, case when i % 5 > 0 then timestamptz '2026-04-30 23:59:59.999999+07' - i * interval '1 hour' end, 1 + i % 60,
       case i % 4 when 0 then array['I10', 'E11.9'] when 1 then '{}' when 2 then array['J45'] end, case when i % 12 = 0 then array['Penicillin', E'Tôm, cua "biển"\\'] end,
       case when i % 3 = 0 then jsonb_build_array(jsonb_build_object('vaccine', 'BCG', 'given_on', '2020-01-02'), jsonb_build_object('vaccine', 'Sởi mẫu', 'given_on', null)) end,
       case when i % 9 > 0 then 90.5 + i % 90 end, case when i % 9 > 0 then 12.25 + i % 70 end, case when i % 2 = 0 then jsonb_build_object('pulse', 60 + i % 60, 'bp', '120/80', 'temp_c', 36.50) end,
       case when i % 7 > 0 then md5('consent' || i)::uuid end, timestamptz '2026-05-11 00:00+07' + i * interval '1 second'
from born where i % 10 = 8 and day < '2026-01-01';

insert into pupil
select lpad(i::text, 10, '0'), '0406' || lpad((i % 130 + 1)::text, 4, '0'), personal_id, (array['Lý Văn Mẫu', 'Đàm Thị Mẫu'])[1 + i % 2], day, sex, (array['02', '07', '09'])[1 + i % 3], code, '2026-2027',
       greatest(0, least(12, 2026 - extract(year from day)::int - 5)), greatest(0, least(12, 2026 - extract(year from day)::int - 5)) || 'A' || i % 4, case when i % 3 > 0 then 4.5 + i % 50 * 0.1 end,
       case when i % 3 > 0 then (array['good', 'fair', 'pass'])[1 + i % 3] end, i % 5 = 0, i % 6 = 0, case i % 40 when 0 then array['vision'] when 2 then '{}' end, 'Triệu Văn Mẫu', '+84206' || lpad(i::text, 7, '0'),
       date '2026-08-25', case when state <> 'studying' then date '2026-10-01' end, state, timestamptz '2026-08-25 00:00+07' + i * interval '1 second'
from born join place on k = i % 56, lateral (select case when i % 25 = 0 then 'moved' else 'studying' end as state) as enrolment
where day between '2009-01-01' and '2020-12-31';
