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

-- ---- encounters and cases ----------------------------------------------------------------------------
-- Invented people: the fourth digit says sex and century, the next two the year, the last six begin with 9999.
create temp table people as
select k, format('004%s%s9999%s', k % 4, lpad((year % 100)::text, 2, '0'), lpad((k / 4 % 100)::text, 2, '0')) as id,
       case when k % 2 = 0 then 'M' else 'F' end as sex,
       make_date(year, 1 + k % 12, 1 + k % 28) as born,
       (array['Nông Văn Mẫu', 'LÝ THỊ MẪU', 'Hoàng A Mẫu', 'Đàm Thị Mẫu', 'Triệu Mùi Mẫu', 'Y Mẫu', 'Bế Mẫu K''Lan', 'Đinh-Mẫu Hòa', 'Phùng Thúy Mẫu'])[1 + k % 9] as name
from (select k, case when k % 4 < 2 then 1938 + k / 4 % 55 else 2000 + k / 4 % 20 end as year from generate_series(0, 399) as k) as numbered;

insert into ehr_encounter (patient_id, encounter_id, facility_code, admitted_at, discharged_at, insurance_no, diagnosis_main, diagnosis_other, reason, vitals, prescriptions,
    lab_results, discharge_note, scan, practitioner_code, consent_ref, cost_total, updated_at)
select people.id, md5('mẫu ' || i)::uuid, '04' || lpad((1 + i % least(:facilities, 40))::text, 3, '0'), admitted,
       case i % 5 when 0 then null when 1 then admitted else admitted + i % 30 * interval '1 day 00:00:00.000001' + interval '3 hours' end,
       case i % 4 when 0 then 'DT204041' || lpad(i::text, 7, '9') when 1 then people.id when 2 then lpad(i::text, 10, '9') end,
       (array['J18.9', 'I10', 'A01', 'O80.0', 'E11.65'])[1 + i % 5],
       case i % 4 when 0 then array['I10'] when 1 then '{}' when 2 then array['K29.1', null, 'E11'] end,
       case when i % 3 > 0 then E'Sốt, ho; "đau ngực"\nhai ngày \\ ' || i end,
       case i % 6 when 0 then jsonb_build_object('pulse', 88, 'bp', '135/85', 'temp_c', 38.2) when 1 then jsonb_build_object('pulse', 20, 'temp_c', 45.0) when 2 then jsonb_build_object('pulse', 250, 'spo2', 97.50)
                  when 3 then '{}' when 4 then jsonb_build_object('pulse', null) end,
       case when i % 3 = 0 then jsonb_build_array(jsonb_build_object('thuoc', 'Paracetamol 500 mg', 'lieu', 1.50, 'ngay', 3)) end,
       case when i % 50 = 7
            -- Long enough to be kept out of line.
            then jsonb_build_object('khi_mau', (select jsonb_agg(encode(sha512(convert_to(i || ' ' || b, 'utf8')), 'hex')) from generate_series(1, 60) as b))
            when i % 4 = 1 then jsonb_build_object('glucose', 5.60, 'unit', 'mmol/L') end,
       case when i % 5 > 0 then 'Ra viện, hẹn khám lại sau 7 ngày.' end,
       case when i % 50 = 3 then convert_to(E'%PDF-1.7\n', 'utf8') || (select string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b) from generate_series(1, 400) as b)
            when i % 50 = 4 then '%PDF-1.4'::bytea end,
       format('%s/CB-CCHN', lpad((i % 200)::text, 6, '0')), case when i % 3 > 0 then md5('đồng ý ' || i)::uuid end,
       case when i % 7 > 0 then 1250000.05 + i end, admitted + interval '1 day'
from generate_series(0, 299) as i
cross join lateral (select timestamptz '2026-01-03 08:10:00.000001+07' + i * interval '19 hours 7 minutes' as admitted) as head
join people on people.k = i % 200;
-- One stays for the 400 days that are allowed.
update ehr_encounter set admitted_at = '2025-01-01 00:00+07', discharged_at = '2026-02-05 00:00+07' where encounter_id = md5('mẫu 12')::uuid;

insert into communicable_case
select format('TN-2026-%s-%s', place.code, lpad(i::text, 4, '0')), (array['A91', 'B05.9', 'A37.0', 'B01', 'A00.1'])[1 + i % 5], (array['B', 'B', 'B', 'C', 'A'])[1 + i % 5],
       case when i % 6 > 0 then people.id end, people.name, people.sex, people.born, case when i % 2 = 0 then '+84206' || lpad(i::text, 7, '0') end, place.code,
       case when i % 3 = 0 then '0406' || lpad((i % 9999)::text, 4, '0') end, case when i % 8 > 0 then onset end,
       (onset + 1)::timestamp at time zone 'Asia/Ho_Chi_Minh' + interval '07:45:00.123456', case when class = 'confirmed' then onset + 3 end, class,
       '04' || lpad((1 + i % :facilities)::text, 3, '0'),
       i % 4, case i % 4 when 0 then '{}' when 1 then array['MMR'] else array['DPT-VGB-HIB', 'OPV', 'IPV'] end, case when i % 4 > 0 then people.born + 400 end,
       outcome, case when outcome in ('recovered', 'died') then onset + 14 end, timestamptz '2026-05-20 00:00:00+00' + i * interval '1 min'
from generate_series(0, 199) as i
cross join lateral (select date '2026-03-01' + i % 120 as onset, (array['suspected', 'probable', 'confirmed', 'discarded'])[1 + i % 4]::case_class as class, (array['treating', 'recovered', 'recovered', 'referred', 'unknown', 'died'])[1 + i % 6] as outcome) as head
join place on place.k = i % 56 join people on people.k = i;
