-- Rows that break a rule, each with the code that it must be parked under.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

create temp table bad (facility_code char(5), class smallint, lon double precision, lat double precision, code text, why text);
insert into bad values
    ('04801', 7, 106.2, 22.6, 'E_RANGE', 'there are four classes'),
    ('04802', 1, 160.2, 22.6, 'E_RANGE', 'not in the province'),
    ('04803', 1, 106.2, 'NaN', 'E_RANGE', 'not a number'),
    ('05001', 1, 106.2, 22.6, 'E_FORMAT', 'not of this province');
insert into health_facility (facility_code, name_vi, class, kind, commune_code, lon, lat)
select facility_code, 'Trạm y tế mẫu', class, 'station', '01273', lon, lat from bad;
insert into seeded_bad select 'health-facility', array[facility_code], code, why from bad;

-- The diagnosis of the first is a canary: no log, header, metric or page may show it.
create temp table bad_encounter (patient_id char(12), encounter_id uuid, diagnosis_main text, diagnosis_other text[], discharged_at timestamptz, insurance_no text, vitals jsonb, scan bytea, code text, why text);
insert into bad_encounter values
    ('004145999903', '99999999-9999-4999-8999-999999990001', 'X', null, null, null, null, null, 'E_FORMAT', 'not a diagnosis of ICD-10'),
    ('004145999903', '99999999-9999-4999-8999-999999990002', 'J18.9', array['I10', 'ho gà'], null, null, null, null, 'E_FORMAT', 'the second of the other diagnoses is prose'),
    ('004145999903', '99999999-9999-4999-8999-999999990003', 'J18.9', null, '2026-05-01 08:09+07', null, null, null, 'E_CROSSFIELD', 'discharged before admitted'),
    ('004145999903', '99999999-9999-4999-8999-999999990004', 'J18.9', null, '2027-06-06 08:10+07', null, null, null, 'E_RANGE', 'a stay of 401 days'),
    ('004145999903', '99999999-9999-4999-8999-999999990005', 'J18.9', null, null, null, '{"pulse": 88, "temp_c": 382}', null, 'E_RANGE', 'a temperature without its point'),
    ('004145999903', '99999999-9999-4999-8999-999999990006', 'J18.9', null, null, 'DT1234', null, null, 'E_FORMAT', 'not an insurance number'),
    ('004145999903', '99999999-9999-4999-8999-999999990007', 'J18.9', null, null, null, null, 'GIF89a', 'E_FORMAT', 'a scan that is no PDF'),
    ('00414599990 ', '99999999-9999-4999-8999-999999990008', 'J18.9', null, null, null, null, null, 'E_FORMAT', 'eleven digits');
insert into ehr_encounter (patient_id, encounter_id, facility_code, admitted_at, discharged_at, insurance_no, diagnosis_main, diagnosis_other, vitals, scan)
select patient_id, encounter_id, '04001', '2026-05-01 08:10+07', discharged_at, insurance_no, diagnosis_main, diagnosis_other, vitals, scan from bad_encounter;
insert into seeded_bad select 'ehr', array[patient_id::text, encounter_id::text], code, why from bad_encounter;

insert into communicable_case (case_no, disease_code, disease_group, patient_id, patient_name, patient_sex, commune_code, reported_at, facility_code, classification) values
    ('TN-2026-01273-9001', 'sởi', 'B', null, 'Nông Văn Mẫu', 'M', '01273', '2026-03-05 08:00+07', '04001', 'suspected'),
    ('TN-2026-01273-9002', 'B05.9', 'B', '004145999903', 'Nông Văn Mẫu', 'M', '01273', '2026-03-05 08:00+07', '04001', 'suspected'),
    ('TN-2026-01273-9003', 'B05.9', 'B', null, 'Nông Văn Mẫu', 'M', '01273', '2026-03-05 08:00+07', '04001', 'confirmed');
insert into seeded_bad values
    ('communicable-disease', array['TN-2026-01273-9001'], 'E_FORMAT', 'a disease by its name'),
    ('communicable-disease', array['TN-2026-01273-9002'], 'E_CROSSFIELD', 'the number says a woman'),
    ('communicable-disease', array['TN-2026-01273-9003'], 'E_REQUIRED', 'confirmed, and no day of it');
