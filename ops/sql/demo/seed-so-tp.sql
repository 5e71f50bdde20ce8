-- Invented notarial acts, legal documents, violations and licences. Names are samples ("Mẫu"), personal numbers end
-- in 9999xx, tax codes are of the sequence 48 99999xx.
set search_path = dept;
set timezone = 'UTC';

create temp table place as select row_number() over (order by code) - 1 as k, code, name_vi from commune;
create function pg_temp.personal_id(sex text, born date, n int) returns text language sql as $$
    select '004' || ((extract(year from born)::int - 1900) / 100 * 2 + case sex when 'F' then 1 else 0 end)
           || to_char(born, 'YY') || '9999' || lpad((n % 100)::text, 2, '0') $$;

insert into notarial_act
select case kind when 'mortgage' then 'BD' when 'blocking' then 'NC' else 'CC' end || '-' || office || '-2026-' || lpad(i::text, 5, '0'), kind, office,
       'CCV-' || lpad((i % 9 + 1)::text, 4, '0'), timestamptz '2026-01-05 01:30:00.25+00' + i * interval '25 minutes',
       array[pg_temp.personal_id('M', date '1970-02-02' + i * 31, i), case when kind = 'mortgage' then '4899999024' else pg_temp.personal_id('F', date '1975-02-02' + i * 31, i) end],
       array['Nông Văn Mẫu', case when kind = 'mortgage' then 'Ngân hàng mẫu, chi nhánh "Cao Bằng"' else 'Lý Thị Mẫu' end],
       case kind when 'authority' then 'none' when 'inheritance' then 'money' else 'land' end, case when kind not in ('authority', 'inheritance') then 'CB ' || lpad(i::text, 6, '0') end,
       case when kind not in ('authority', 'inheritance') then code end, case when kind <> 'authority' then 100000000 + i * 1500000 end, case when i % 5 > 0 then 50000 + i * 1000 end,
       case kind when 'blocking' then 100 + i || '/QĐ-THADS' end, case kind when 'blocking' then daterange(date '2026-01-05' + i, case when i % 2 = 0 then date '2027-01-05' + i end) end,
       case when i % 30 = 0 then 'CC-01-2025-' || lpad(i::text, 5, '0') end, case when i % 3 > 0 then sha256(convert_to('mẫu ' || i, 'utf8')) end,
       (array['effective', 'effective', 'effective', 'amended', 'cancelled'])[1 + i % 5], timestamptz '2026-01-05 02:00+00' + i * interval '25 minutes'
from generate_series(1, 210) as i join place on k = i % 56,
     lateral (select (array['transfer', 'gift', 'mortgage', 'lease', 'inheritance', 'authority', 'blocking'])[1 + i % 7] as kind, lpad((1 + i % 4)::text, 2, '0') as office) as act;

insert into legal_document
select document_no, issued_on, (array['resolution', 'decision', 'directive'])[1 + i % 3], case when i % 3 = 0 then 'council' else 'committee' end,
       case when i % 41 = 0 then normalize('Quy định mẫu về đất đai tại Đông Khê, số ' || i, nfd) else format('Quy định mẫu số %s về "quản lý" & sử dụng đất đai', i) end,
       (array['land', 'finance', 'education', 'health', 'construction', 'agriculture', 'culture', 'justice', 'administration', 'society'])[1 + i % 10],
       issued_on + 10, case when validity = 'expired' or i % 20 = 1 then issued_on + 700 end, validity::legal_validity,
       case when i % 6 = 0 then array[(i % 40 + 1) || '/2018/QĐ-UBND', (i % 40 + 2) || '/2018/QĐ-UBND'] end, case when i % 9 = 0 then '{}'::text[] end,
       case when i % 2 = 0 then i % 50 + 1 || case when i % 4 = 0 then '+' || i % 50 + 2 else '' end || '/2024' end, 3 + i % 40,
       case when i % 15 = 0 then repeat(E'Điều mẫu.\tKhoản "a", điểm \\b\n', 600) when i % 2 = 0 then E'Điều 1. Phạm vi\nĐiều 2. Hiệu lực' end,
       sha256(content), content, case when i % 5 > 0 then timestamp '2026-02-28 23:59:59.999' - i * interval '1 hour' end,
       timestamptz '2026-03-01 00:00+07' + i * interval '1 minute'
from generate_series(1, 120) as i,
     lateral (select date '2019-02-28' + i * 20 as issued_on, i || '/' || extract(year from date '2019-02-28' + i * 20) || (array['/NQ-HĐND', '/QĐ-UBND', '/CT-UBND'])[1 + i % 3] as document_no,
                     (array['in_force', 'in_force', 'partly_expired', 'expired', 'suspended'])[1 + i % 5] as validity,
                     convert_to(E'%PDF-1.7\n', 'utf8') || (select string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b) from generate_series(1, case when i % 15 = 0 then 200 else 2 end) as b) as content) as head;

insert into admin_violation
select i || '/QĐ-XPHC' || case when i % 2 = 0 then '/2026' else '' end, (array['H14.CA', 'H14.12', 'H14.35.01'])[1 + i % 3], kind,
       case kind when 'organisation' then '4899999031' else pg_temp.personal_id('M', born, i) end, case kind when 'organisation' then 'CÔNG TY TNHH MẪU' else 'Triệu Văn Mẫu' end,
       case kind when 'organisation' then null else born end, code, (array['traffic', 'land', 'environment', 'forestry', 'trade', 'construction', 'public_order', 'tax', 'border'])[1 + i % 9],
       array['Điều ' || i % 30 + 1, 'khoản ' || i % 5 + 1 || ', điểm a'], date '2025-03-01' + i, date '2025-03-06' + i, 500000 + i * 25000,
       case i % 4 when 0 then array['confiscation', 'suspension'] when 1 then '{}' end,
       case when i % 6 = 0 then jsonb_build_array(jsonb_build_object('item', 'Gỗ mẫu', 'm3', 1.250), jsonb_build_object('item', E'Xe "mẫu"\n', 'plate', null)) end,
       case when i % 3 > 0 then date '2025-03-20' + i end, i % 17 = 0, case when i % 3 > 0 then date '2026-03-20' + i end, timestamptz '2026-03-20 00:00+07' + i * interval '1 hour'
from generate_series(1, 200) as i join place on k = i % 56,
     lateral (select (array['person', 'person', 'household', 'organisation'])[1 + i % 4] as kind, date '1965-07-07' + i * 50 as born) as violator;

insert into legal_licence
select case when person then (array['LS', 'CCV', 'DGV', 'TGPL'])[1 + i % 4] || '-' || lpad(i::text, 4, '0') else lpad((i % 100)::text, 2, '0') || '/TP-ĐKHĐ-' || lpad(i::text, 4, '0') end,
       case when person then 'person' else 'organisation' end, (array['lawyer', 'notary', 'auction', 'legal_aid'])[1 + i % 4],
       (array['Văn phòng luật sư Mẫu', 'Phòng công chứng Mẫu', 'Công ty đấu giá Mẫu', 'Trung tâm trợ giúp pháp lý Mẫu'])[1 + i % 4] || ' ' || i / 3, code, format('Xóm Mẫu %s, %s', i % 30, name_vi),
       '+842063' || lpad(i::text, 6, '0'), case when person then (array['Đàm Văn Mẫu', 'Nông Thị Mẫu'])[1 + i % 2] end, case when person then pg_temp.personal_id(sex, born, i) end,
       case when person then born end, case when person then sex end, date '2012-01-01' + i * 30, case when i % 12 = 0 then daterange(date '2026-01-01', date '2026-07-01') end,
       case when i % 2 = 0 then date '2027-12-31' end, i * 7 % 300, case when person and i % 10 = 0 then jsonb_build_array(jsonb_build_object('year', 2024, 'measure', 'khiển trách')) end,
       i % 8 <> 0, timestamptz '2026-04-01 00:00+07' + i * interval '1 hour'
from generate_series(1, 120) as i join place on k = i % 56,
     lateral (select i % 3 > 0 as person, case when i % 2 = 0 then 'M' else 'F' end as sex, date '1970-04-04' + i * 40 as born) as holder;
