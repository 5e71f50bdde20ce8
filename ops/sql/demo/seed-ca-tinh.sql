-- Invented cameras: addresses of both kinds, arrays, texts that are hard to carry.
set search_path = dept;
set timezone = 'UTC';
create temp table place as select row_number() over (order by code) - 1 as k, code, name_vi from commune;

insert into camera
select 'CB-CAM-' || lpad(i::text, 4, '0'), (array['H14.CA', 'H14.12', 'H14.35.01'])[1 + i % 3],
       case i % 4 when 0 then array['traffic', 'security'] when 1 then array['border'] when 2 then array['forest', 'disaster'] else array['urban'] end,
       place.code, case when i % 6 > 0 then format('Ngã tư "Mẫu %s", %s', i, place.name_vi) end,
       case when i % 9 > 0 then 105.4 + i * 0.005 end, case when i % 9 > 0 then 22.4 + i * 0.0025 end, case when i % 5 > 0 then i * 7 % 360 end, case when i % 5 > 0 then 1 + i * 11 % 360 end,
       'MAU-4K \ ' || i % 7, 'SN' || lpad((i * 104729)::text, 12, '0'),
       case i % 3 when 0 then format('10.9.%s.%s', i / 250, 1 + i % 250)::inet when 1 then format('2001:db8::%s', i)::inet end,
       case when i % 7 > 0 then ('08:00:2b:01:02:' || lpad(to_hex(i % 256), 2, '0'))::macaddr end,
       case i % 4 when 0 then format('rtsp://10.9.%s.%s:554/kenh1?luong=chinh@2', i / 250, 1 + i % 250) when 1 then format('rtsp://xem@cam%s.example.vn/1', i) end,
       case when i % 4 < 2 then 'vault:camera/cb-cam-' || i end,
       case i % 4 when 0 then array[1920, 1080] when 1 then array[3840, 2160] when 2 then '{}' end,
       case when i % 8 > 0 then 1 + i % 90 end, i % 10 = 0, case when i % 11 > 0 then date '2021-02-28' + i end,
       (array['online', 'online', 'offline', 'maintenance'])[1 + i % 4], timestamptz '2026-06-01 00:00:00+00' + i * interval '0.25 s',
       case when i % 2 = 0 then '+84206' || lpad(i::text, 7, '0') end, case when i % 10 = 0 then '120/QĐ-UBND, phạm vi cửa khẩu' end
from generate_series(1, 300) as i join place on place.k = i % 56;
