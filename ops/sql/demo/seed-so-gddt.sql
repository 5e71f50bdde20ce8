-- Invented schools, with their satellite sites.
set search_path = dept;
set timezone = 'UTC';
create temp table place as select row_number() over (order by code) - 1 as k, code, name_vi from commune;

insert into school
select '0406' || lpad(i::text, 4, '0'), (array['Trường PTDTBT Tiểu học và THCS mẫu ', 'Trường Mầm non mẫu ', 'Trường THPT "Mẫu" ', 'Trung tâm GDNN-GDTX mẫu '])[1 + i % 4] || i,
       (array['{TH,THCS}', '{MN}', '{THPT}', '{GDTX}'])[1 + i % 4]::text[], case when i % 20 = 0 then 'private' else 'public' end, code,
       (array['semi-boarding', 'none', 'boarding'])[1 + i % 3], 105.5 + i * 0.0083, 22.4 + i * 0.0047,
       case i % 4 when 0 then (select jsonb_agg(jsonb_build_object('name', format(E'Điểm trường "Mẫu" %s\n', s), 'lon', 105.5 + s * 0.01, 'lat', 22.50, 'classes', s)) from generate_series(1, 1 + i % 30) as s) else '[]' end,
       4 + i % 30, 90 + i % 500, 8 + i % 60, case when i % 9 > 0 then 80 + i % 400 end, case when i % 3 > 0 then i % 3 end, date '1962-09-05' + i * 150,
       case when i % 7 > 0 then (array['Nông Thị Mẫu', 'HOÀNG VĂN MẪU', 'Lục Mẫu'])[1 + i % 3] end, case when i % 7 > 0 then '+842063' || lpad(i::text, 6, '0') end,
       case when i % 2 = 0 then format('mau%s@example.edu.vn', i) end, '2026-2027', case when i % 5 > 0 then time '06:45' + i % 4 * interval '15 minutes' end,
       case when i % 30 > 0 then timestamptz '2026-08-20 00:00:00.123456+07' + i * interval '1 minute' end
from generate_series(1, 130) as i join place on k = i % 56;
update school set main_lon = null, main_lat = null, pupils = null, classes = null, pupils_ethnic = null where school_code = '04060011';
update school set name_vi = normalize(name_vi, nfd) where school_code = '04060012';
update school set opens_at = '24:00' where school_code = '04060013';
