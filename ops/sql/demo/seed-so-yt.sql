-- Invented health facilities; texts, arrays and dates that are hard to carry.
set search_path = dept;
set timezone = 'UTC';
create temp table place as select row_number() over (order by code) - 1 as k, code, name_vi from commune;

insert into health_facility
select '04' || lpad(i::text, 3, '0'),
       (array['Trạm y tế mẫu ', 'Bệnh viện mẫu ', 'Phòng khám mẫu '])[1 + i % 3] || i,
       case when i % 8 > 0 then 1 + i % 4 end,
       (array['station', 'hospital', 'clinic'])[1 + i % 3],
       place.code,
       format('Xóm Mẫu %s, %s', i % 30, place.name_vi),
       105.3 + i * 0.003, 22.35 + i * 0.0017,
       case when i % 3 = 1 then i % 300 end,
       case i % 6 when 0 then array['Nội', 'Ngoại', 'Sản']
                  when 1 then array['Răng, hàm, mặt', 'Khoa "Mẫu"', E'Cấp\\cứu', '{ngoặc}', '']
                  when 2 then array['Nội', null, 'NULL']
                  when 3 then '{}' end,
       case when i % 2 = 0 then jsonb_build_object('mon-fri', '07:00-17:00', 'note', E'nghỉ "lễ"\n', 'floors', 1.50, 'days', jsonb_build_array(1, 2.0, null, true)) end,
       i % 10 = 1,
       lpad(i::text, 4, '0') || '/CB-GPHĐ',
       date '2027-01-01' + i,
       'BS. Nguyễn Văn Mẫu ' || i,
       '+8420600' || lpad(i::text, 5, '0'),
       timestamptz '2026-03-01 00:00:00.000001+00' + i * interval '1 minute'
from generate_series(1, :facilities) as i join place on place.k = i % 56;
update health_facility set licence_valid_to = 'infinity' where facility_code = '04011';
update health_facility set licence_valid_to = '0044-03-15 BC' where facility_code = '04012';
update health_facility set updated_at = 'infinity' where facility_code = '04013';
update health_facility set updated_at = null, lon = null, lat = null where facility_code = '04014';
