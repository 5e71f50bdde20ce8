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
