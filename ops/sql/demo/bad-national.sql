-- Rows that break a rule, each with the code that it must be parked under.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

create temp table bad as
with row as (select * from business where enterprise_code = '4899999024')
select new.* from row, lateral (values
    ('4899999018', row.name_vi, row.charter_capital, row.industries, row.legal_reps, row.parent_code, row.head_commune, 'E_CHECKDIGIT', 'the last digit is not the one computed'),
    ('4899999000', row.name_vi, row.charter_capital, row.industries, row.legal_reps, row.parent_code, row.head_commune, 'E_CHECKDIGIT', 'no such code can be'),
    ('4899999017-990', 'CHI NHÁNH MẪU Cao B»ng', null, row.industries, row.legal_reps, '4899999017', row.head_commune, 'E_ENCODING', 'TCVN3 read as Latin-1'),
    ('4899999024-990', row.name_vi, -1, row.industries, row.legal_reps, '4899999024', row.head_commune, 'E_RANGE', 'capital below nought'),
    ('4899999031-990', row.name_vi, null, array['99999'], row.legal_reps, '4899999031', row.head_commune, 'E_CROSSFIELD', 'the main industry is not among the industries'),
    ('4899999049-990', row.name_vi, null, row.industries, row.legal_reps, '4899999017', row.head_commune, 'E_CROSSFIELD', 'the branch of another'),
    ('4899999056-990', row.name_vi, null, row.industries,
        (select jsonb_agg(jsonb_build_object('name', 'Đàm Thị Mẫu ' || p, 'id', '0041859999' || lpad((p % 100)::text, 2, '0'), 'role', 'Thành viên', 'note', repeat('mẫu ', 390))) from generate_series(1, 1000) as p),
        '4899999056', row.head_commune, 'E_TOOBIG', 'a thousand representatives, 2 MB'),
    ('4899999017-991', row.name_vi, null, row.industries, row.legal_reps, '4899999017', '00000', 'E_CODELIST', 'no such commune')
) as new (enterprise_code, name_vi, charter_capital, industries, legal_reps, parent_code, head_commune, code, why);
insert into business (enterprise_code, name_vi, entity_type, status, founded_on, charter_capital, head_commune, main_industry, industries, legal_reps, parent_code)
select enterprise_code, name_vi, case when parent_code is null then 'LLC1' else 'BRANCH' end, 'active', '2020-02-29', charter_capital, head_commune,
       case when code = 'E_CROSSFIELD' and industries = array['99999'] then '10740' else industries[1] end, industries, legal_reps, parent_code
from bad;
insert into seeded_bad select 'business', array[enterprise_code], code, why from bad;
-- A person's number in a row that calls itself an enterprise: what would make it public if its flag alone decided.
insert into business (enterprise_code, name_vi, entity_type, status, founded_on, main_industry, industries, is_household) values
    ('004185999990', 'HỘ KINH DOANH MẪU', 'HOUSEHOLD', 'active', '2026-01-10', '47110', '{47110}', false),
    ('4899999031-992', 'HỘ KINH DOANH MẪU', 'HOUSEHOLD', 'active', '2026-01-10', '47110', '{47110}', true);
insert into seeded_bad values
    ('business', array['004185999990'], 'E_FORMAT', 'the number of a person, and not a household'),
    ('business', array['4899999031-992'], 'E_FORMAT', 'a household under the code of a branch');

insert into person (personal_id, full_name, sex, birth_date, birth_date_text, birth_precision, birth_place_code, ethnicity_code, permanent_commune, portrait, status, died_on, row_version, source_updated_at)
select id, full_name, sex, birth_date, birth_text, precision::date_precision, '004', ethnicity, commune, portrait, 1, died_on, 1, timestamptz '2026-05-01 00:00+07'
from (values
    ('004145999903', 'Hoàng Văn Mẫu', 'M', null::date, '1945', 'year', '02', '01558', null::bytea, null::date),
    ('00414599990', 'Hoàng Thị Mẫu', 'F', null, '1945', 'year', '02', '01558', null, null),
    ('004145999904', 'Hoàng Thị Mẫu', 'F', '1945-01-01', '1945', 'year', '02', '01558', null, null),
    ('004145999905', 'Hoàng Thị Mẫu', 'F', '1945-03-02', '03/02/1945', 'day', '02', '01558', null, null),
    ('004146999903', 'Hoàng Thị Mẫu', 'F', null, '1945', 'year', '02', '01558', null, null),
    ('004195999906', 'Lý Thị Mẫu', 'F', '1995-05-05', '05/05/1995', 'day', '02', '01558', '\x89504e470d0a1a0a', null),
    ('004195999907', 'Lý Thị Mẫu', 'F', '1995-05-05', '05/05/1995', 'day', '02', '01558', '\xffd8ffe0'::bytea || convert_to(repeat('mau ', 140000), 'utf8'), null),
    ('004195999908', 'Lý Thị Mẫu', 'F', '1995-05-05', '05/05/1995', 'day', '02', '01558', null, '1994-05-05'),
    ('004195999909', 'Lý Thị Mẫu', 'F', '1995-05-05', '05/05/1995', 'day', '56', '01558', null, null),
    ('004195999910', 'L3 Thị Mẫu', 'F', '1995-05-05', '05/05/1995', 'day', '02', '01558', null, null),
    ('004195999911', 'Lý Thị Mẫu', 'F', '1995-05-05', '05/05/1995', 'day', '02', '040', null, null)
) as new (id, full_name, sex, birth_date, birth_text, precision, ethnicity, commune, portrait, died_on);
insert into seeded_bad values
    ('population', '{004145999903}', 'E_CROSSFIELD', 'the number says female'),
    ('population', '{00414599990}', 'E_FORMAT', 'eleven digits'),
    ('population', '{004145999904}', 'E_CROSSFIELD', 'only the year is known, and yet a day'),
    ('population', '{004145999905}', 'E_CROSSFIELD', 'month before day'),
    ('population', '{004146999903}', 'E_CROSSFIELD', 'the number says another year'),
    ('population', '{004195999906}', 'E_FORMAT', 'a portrait that is no JPEG'),
    ('population', '{004195999907}', 'E_TOOBIG', 'a portrait of 547 KiB'),
    ('population', '{004195999908}', 'E_CROSSFIELD', 'died before birth'),
    ('population', '{004195999909}', 'E_CODELIST', 'no such ethnic group'),
    ('population', '{004195999910}', 'E_FORMAT', 'a digit in a name'),
    ('population', '{004195999911}', 'E_CODELIST', 'a district of before 2025');

insert into civil_status_event (event_type, office_code, register_year, register_no, registered_on, event_date, subject_id, subject_name, subject_sex, subject_birth_date, mother_id, mother_name, corrects, event_uuid)
values ('birth', '01501', 2026, 900001, '2026-03-05', '2026-03-06', null, 'Nông Hoa Mẫu', 'F', null, '004195999902', 'Lý Thị Mẫu', null, md5('bad1')::uuid),
       ('birth', '01501', 2026, 900002, '2026-03-05', '2026-03-01', '004326999901', 'Nông Hoa Mẫu', 'M', '2026-03-01', '004195999902', 'Lý Thị Mẫu', null, md5('bad2')::uuid),
       ('birth', '01501', 2026, 900003, '2026-03-05', '2026-03-01', null, 'Nông Hoa Mẫu', 'F', '2026-03-01', '04195999902', 'Lý Thị Mẫu', null, md5('bad3')::uuid),
       ('cancellation', '01501', 2026, 900004, '2026-03-05', null, null, 'Nông Hoa Mẫu', null, null, null, null, null, md5('bad4')::uuid),
       ('death', '01501', 2026, 900005, '2026-03-05', '2026-03-01', null, E'Nông\u200bHoa', null, null, null, null, null, md5('bad5')::uuid);
insert into seeded_bad values
    ('civil-status', '{birth,01501,2026,900001}', 'E_CROSSFIELD', 'registered before it happened'),
    ('civil-status', '{birth,01501,2026,900002}', 'E_CROSSFIELD', 'the number says female'),
    ('civil-status', '{birth,01501,2026,900003}', 'E_FORMAT', 'the mother''s number lost its nought'),
    ('civil-status', '{cancellation,01501,2026,900004}', 'E_REQUIRED', 'cancels nothing'),
    ('civil-status', '{death,01501,2026,900005}', 'E_FORMAT', 'an invisible character in a name');

insert into insurance_participation (insurance_no, personal_id, full_name, birth_date, sex, object_code, benefit_level, employer_code, salary_vnd, months_paid, state)
values ('DN6404999990000', '004195999901', 'Lý Thị Mẫu', '1995-05-05', 'F', 'DN', 4, '4899999017', 5200000, 12, 'paying'),
       ('9999900002', '004195999901', 'Lý Thị Mẫu', '1995-05-05', 'F', 'DN', 4, null, null, 12, 'paying'),
       ('9999900003', '004195999901', 'Lý Thị Mẫu', '1995-05-05', 'F', 'HN', 4, null, null, 9000, 'paying');
insert into patient_file (patient_code, facility_code, personal_id, full_name, birth_date, sex, first_visit_on, visits, chronic, vitals)
values ('BN99000001', '04001', '004195999901', 'Lý Thị Mẫu', '1995-05-05', 'F', '2024-01-01', 1, '{I10,X}', null),
       ('BN99000002', '04001', '004195999901', 'Lý Thị Mẫu', '1995-05-05', 'F', '2024-01-01', 1, null, '{"pulse": 88, "temp_c": 382}'),
       ('BN99000003', '04001', '004195999901', 'Lý Thị Mẫu', '1995-05-05', 'F', '1994-01-01', 1, null, null);
insert into pupil (pupil_code, school_code, personal_id, full_name, birth_date, sex, school_year, grade, class_name, enrolled_on, state)
values ('9900000001', '04060001', '004315999901', 'Đàm Thị Mẫu', '2015-05-05', 'F', '2026-2025', 5, '5A1', '2026-08-25', 'studying'),
       ('9900000002', '04060001', '004315999902', 'Đàm Thị Mẫu', '2015-05-05', 'F', '2026-2027', 5, '5A1', '2026-08-25', 'moved'),
       ('9900000003', '04060001', '004215999903', 'Đàm Thị Mẫu', '2015-05-05', 'F', '2026-2027', 5, '5A1', '2026-08-25', 'studying');
insert into seeded_bad values
    ('insurance', '{DN6404999990000}', 'E_FORMAT', 'no such benefit level in the number'),
    ('insurance', '{9999900002}', 'E_REQUIRED', 'employed by nobody'),
    ('insurance', '{9999900003}', 'E_RANGE', 'paid for 750 years'),
    ('health-national', '{BN99000001,04001}', 'E_FORMAT', 'no diagnosis'),
    ('health-national', '{BN99000002,04001}', 'E_RANGE', 'a temperature without its point'),
    ('health-national', '{BN99000003,04001}', 'E_CROSSFIELD', 'a visit before birth'),
    ('education-national', '{9900000001,04060001}', 'E_CROSSFIELD', 'a year that runs backwards'),
    ('education-national', '{9900000002,04060001}', 'E_REQUIRED', 'moved, nobody knows when'),
    ('education-national', '{9900000003,04060001}', 'E_CROSSFIELD', 'the number says male');
