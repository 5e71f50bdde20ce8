-- Rows that break a rule, each with the code that it must be parked under.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

insert into school (school_code, name_vi, level, ownership, commune_code, classes, pupils, pupils_ethnic, school_year, satellite_sites)
values ('04060000', 'Trường mẫu', '{TH}', 'public', '01501', 18, 512, 513, '2026-2027', '[]'),
       ('04060500', 'Trường mẫu', '{TH}', 'public', '01501', 18, 512, 509, '2026-2028', '[]'),
       ('04060600', 'Trường mẫu', '{TH,CĐ}', 'public', '01501', 18, 512, 509, '2026-2027', '[]'),
       ('04060700', 'Trường mẫu', '{TH}', 'public', '01501', 18, 512, 509, '2026/2027', '[]'),
       ('04060800', 'Trường mẫu', '{TH}', 'public', '01501', 18, 512, 509, '2026-2027', (select jsonb_agg(jsonb_build_object('name', 'Điểm trường mẫu ' || s, 'lon', 106.1, 'lat', 22.6)) from generate_series(1, 31) as s)),
       ('04060900', 'Trường mẫu', '{TH}', 'public', '01501', 18, 512, 509, '2026-2027', '[{"name": "Điểm trường không tọa độ"}]');
insert into seeded_bad values
    ('school', '{04060000}', 'E_CROSSFIELD', 'more pupils of minorities than pupils'),
    ('school', '{04060500}', 'E_CROSSFIELD', 'a school year of two years'),
    ('school', '{04060600}', 'E_CODELIST', 'no such level'),
    ('school', '{04060700}', 'E_FORMAT', 'a school year with a stroke'),
    ('school', '{04060800}', 'E_TOOBIG', 'thirty-one sites'),
    ('school', '{04060900}', 'E_FORMAT', 'a site without coordinates');
