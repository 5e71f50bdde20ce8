-- Invented documents: Đ in their keys, files whose hash is right, some too long to be kept in line.
-- Variable: documents.
set search_path = dept;
set timezone = 'UTC';

insert into directing_document
select agency, document_no, issued_on, doc_type,
       format('V/v mẫu số %s: phê duyệt quy hoạch sử dụng đất, đợt %s', i, i % 9),
       0, i % 3,
       case when i % 4 > 0 then 'Hoàng Văn Mẫu' end, case when i % 4 > 0 then 'Phó Chủ tịch' end,
       case when i % 5 > 0 then array['H14.02', 'H14.' || 10 + i % 80] else '{}' end,
       case when i % 40 = 39 then (i % 300)::text || '/UBND-KGVX' end,
       case when i % 3 = 0 then issued_on + 10 end, case when i % 30 = 0 then issued_on + 400 end,
       1 + i % 20,
       format('mau_%s.pdf', i),
       case when i % 9 > 0 then sha256(content) end,
       case when i % 9 > 0 then content end,
       case when i % 17 = 0 then sha512(content) end,
       i % 2 = 0,
       'issued',
       timestamptz '2026-04-01 00:00:00+00' + i * interval '3.25 s'
from generate_series(0, :documents - 1) as i,
     lateral (select (array['H14', 'H14.02', 'H14.35', 'H14.12.01'])[1 + i % 4] as agency,
                     (array['QĐ', 'CV', 'CT'])[1 + i % 3] as doc_type,
                     date '2024-01-02' + i % 700 as issued_on,
                     (1 + i / 3)::text || (array['/QĐ-UBND', '/UBND-KGVX', '/CT-UBND'])[1 + i % 3] as document_no) as head,
     lateral (select convert_to(E'%PDF-1.7\n', 'utf8')
                     || (select string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b)
                         from generate_series(1, case when i % 50 = 3 then 300 else 1 + i % 6 end) as b) as content) as file;

-- ---- the one-stop system -----------------------------------------------------------------------------
\if :{?procedure_records}
\else
\set procedure_records 3000
\endif
create temp table place as select row_number() over (order by code) - 1 as k, code, name_vi from commune;
create temp table agency (k int, code text);
insert into agency values (0, 'H14.02'), (1, 'H14.07'), (2, 'H14.12'), (3, 'H14.35'), (4, 'H14.35.01'), (5, 'H14.40');
-- Invented people: the fourth digit says sex and century, the next two the year, the last six begin with 9999.
create temp table people as
select k, format('004%s%s9999%s', k % 4, lpad((year % 100)::text, 2, '0'), lpad((k / 4 % 100)::text, 2, '0')) as id,
       case when k % 2 = 0 then 'M' else 'F' end as sex,
       make_date(year, 1 + k % 12, 1 + k % 28) as born,
       (array['Nông Văn Mẫu', 'LÝ THỊ MẪU', 'Hoàng A Mẫu', 'Đàm Thị Mẫu', 'Triệu Mùi Mẫu', 'Y Mẫu', 'Bế Mẫu K''Lan', 'Đinh-Mẫu Hòa', 'Phùng Thúy Mẫu'])[1 + k % 9] as name
from (select k, case when k % 4 < 2 then 1938 + k / 4 % 55 else 2000 + k / 4 % 8 end as year from generate_series(0, 399) as k) as numbered;

insert into admin_procedure
select (1 + i % 3)::text || '.' || lpad((1193 + i * 37)::text, 6, '0') || case when i % 6 = 5 then '.H14' else '' end,
       format('Thủ tục mẫu số %s: %s', i, (array['đăng ký khai sinh', 'cấp giấy phép xây dựng', 'đăng ký biến động đất đai', 'cấp phiếu lý lịch tư pháp', 'hỗ trợ chi phí học tập'])[1 + i % 5]),
       (array['Hộ tịch', 'Xây dựng', 'Đất đai', 'Lý lịch tư pháp', 'Giáo dục'])[1 + i % 5],
       (array['province', 'commune', 'both'])[1 + i % 3],
       (100 + i)::text || '/QĐ-UBND', date '2025-07-01' + i,
       case when i % 10 = 9 then date '2026-03-01' + i end,
       case i % 10 when 9 then 'repealed' when 8 then 'suspended' else 'in_force' end,
       (array['full', 'partial', 'information'])[1 + i % 3],
       case when i % 7 > 0 then (4 + i * 8 % 240)::numeric + 0.5 * (i % 2) end,
       case when i % 4 > 0 then i % 4 * 15000 else 0 end,
       case when i % 3 > 0 then array['person', 'organisation'] else array['household'] end,
       case i % 3 when 0 then array['61/2018/NĐ-CP'] when 1 then '{}' end,
       E'Bước 1: nộp hồ sơ.\nBước 2: nhận giấy hẹn; phí < 20.000 đồng.\tBước 3: nhận kết quả "bản giấy".',
       case when i % 2 = 0 then jsonb_build_array(jsonb_build_object('name', 'Tờ khai', 'copies', 1), jsonb_build_object('name', 'Bản sao có chứng thực', 'copies', 1.0, 'form', null)) end,
       case when i % 3 < 2 then format('https://dichvucong.example.vn/tthc/%s?b=1&c=2', i) end,
       i % 12 = 11,
       case when i % 5 = 0 then 'Phối hợp xã, phường' end,
       timestamptz '2026-02-01 00:00:00.000001+00' + i * interval '1 hour'
from generate_series(0, 119) as i;

create temp table procedure as select row_number() over (order by procedure_code) - 1 as k, procedure_code as code from admin_procedure;
insert into procedure_record (record_code, procedure_code, agency_code, commune_code, channel, applicant_kind, applicant_id, applicant_name, applicant_phone, applicant_email,
    applicant_address, received_at, due_at, finished_at, returned_at, state, step_no, fee, time_limit, attachments, form_data, reject_reason, officer_name, rating, updated_at)
select format('%s-%s-%s', case when i % 9 = 0 then '000.00.35.H14' else agency.code end, to_char(received at time zone 'Asia/Ho_Chi_Minh', 'YYMMDD'), lpad((i % 100000)::text, case when i % 2 = 0 or i > 9999 then 5 else 4 end, '0')),
       procedure.code, agency.code, case when i % 5 > 0 then place.code end, 1 + i % 3,
       case when i % 6 = 0 then 'O' else 'P' end,
       case when i % 6 = 0 then '4899999017' when i % 7 > 0 then people.id end,
       case when i % 6 = 0 then 'CÔNG TY TNHH MẪU ' || i else people.name end,
       case when i % 3 > 0 then '+84206' || lpad(i::text, 7, '0') end,
       case when i % 4 = 0 then format('mau.%s@example.vn', i) end,
       case when i % 3 = 1 then format('Xóm Mẫu %s, %s', i % 30, place.name_vi) end,
       received,
       case when i % 20 > 0 then received + interval '1 day 08:29' * (1 + i % 12) end,
       case when i % 8 >= 4 then received + interval '1 day 07:00' * (1 + i % 14) end,
       case when i % 8 = 6 then received + interval '2 days' * (10 + i % 14) end,
       (array['received', 'supplement', 'processing', 'transferred', 'approved', 'rejected', 'returned', 'withdrawn'])[1 + i % 8]::record_state,
       1 + i % 8, case when i % 4 > 0 then i % 4 * 15000 end,
       case i % 5 when 0 then interval '1 day 8:29' when 1 then interval '1 mon 2 days 03:04:05.000006' when 2 then interval '0' when 3 then interval '1 year -1 days' end,
       case when i % 2 = 0 then '[]' else jsonb_build_array(jsonb_build_object('name', format('Tờ khai "%s".pdf', i), 'bytes', 1024 * i)) end,
       case when i % 100 = 7
            -- Long enough to be kept out of line.
            then jsonb_build_object('loai', 'mẫu', 'noi_dung', (select string_agg(encode(sha512(convert_to(i || ' ' || b, 'utf8')), 'hex'), '') from generate_series(1, 40) as b))
            when i % 3 = 0 then jsonb_build_object('ho_ten', people.name, 'so', 1.50, 'con', jsonb_build_array(null, true, E'a\\b"c')) end,
       case when i % 8 = 5 then 'Thiếu giấy tờ mẫu; bổ sung trước ngày 30/6' end,
       case when i % 3 > 0 then 'Cán bộ Mẫu ' || i % 40 end,
       case when i % 8 = 6 then 1 + i % 5 end,
       received + interval '1 hour'
from generate_series(0, :procedure_records - 1) as i
-- Every eleventh comes in the hour after midnight of Viet Nam: still the day before in UTC.
cross join lateral (select timestamptz '2026-01-02 08:00:00+07' + i % 300 * interval '1 day' + case when i % 11 = 0 then interval '16:10' else i % 480 * interval '1 min' end as received) as receipt
join agency on agency.k = i % 6 join place on place.k = i % 56 join people on people.k = i % 400
-- The last ten procedures have no record: their codes may change.
join procedure on procedure.k = i % 110;

insert into admin_procedure_statistics
select procedure.code, agency.code, date '2026-06-01' + i / 60,
       received, received * (i % 5) / 5, finished, finished - late, late,
       case when finished > 0 then round(3 + i * 0.37 % 90, 2) end,
       timestamptz '2026-07-01 00:00:00+00' + i * interval '1 s'
from generate_series(0, 299) as i
cross join lateral (select i % 40 as received, i * 7 % 35 as finished, i * 7 % 35 / (2 + i % 9) as late) as counts
join procedure on procedure.k = i % 30 join agency on agency.k = i % 60 / 30;

-- ---- Provincial Inspectorate -------------------------------------------------------------------------
insert into citizen_complaint
select format('%s-2026-%s', (array['KN', 'TC', 'KNPA', 'KNPA'])[1 + i % 4], lpad(i::text, 5, '0')),
       (array['complaint', 'denunciation', 'proposal', 'remark'])[1 + i % 4]::petition_kind, received,
       (array['reception', 'post', 'online', 'hotline', 'transfer'])[1 + i % 5],
       (array['land', 'compensation', 'policy', 'environment', 'conduct', 'judicial', 'other'])[1 + i % 7],
       case when i % 9 > 0 then place.code end, anonymous,
       case when not anonymous then people.name end, case when not anonymous and i % 3 > 0 then people.id end,
       case when not anonymous and i % 2 = 0 then '+84206' || lpad(i::text, 7, '0') end,
       case when not anonymous then format('Xóm Mẫu %s, %s', i % 30, place.name_vi) end,
       case when i % 20 = 3 then 45 else 1 end,
       case when i % 4 = 1 then 'Ông Nguyễn Văn Mẫu ' || i end, case when i % 4 = 0 then 'H14.35' end,
       E'Nội dung mẫu: "tranh chấp ranh giới",\nđề nghị xem xét \\ giải quyết ' || i,
       case when state in ('accepted', 'decided') then 'H14.' || lpad((2 + i % 7)::text, 2, '0') end,
       case when state in ('accepted', 'decided') then received + 5 end, case when state in ('accepted', 'decided') then received + 35 end,
       case when state = 'decided' then received + 30 end, case when state = 'decided' then format('%s/QĐ-UBND', 300 + i) end,
       case when state = 'decided' then (array['founded', 'partly', 'unfounded', 'withdrawn'])[1 + i % 4] end,
       case when i % 30 = 0 then 123456789012 + i end, state,
       timestamptz '2026-04-01 00:00:00+00' + i * interval '1 min'
from generate_series(0, 149) as i
cross join lateral (select date '2026-01-05' + i as received, i % 4 > 1 and i % 3 = 0 as anonymous, (array['received', 'accepted', 'forwarded', 'decided', 'filed'])[1 + i % 5] as state) as head
join place on place.k = i % 56 join people on people.k = i;

-- ---- Department of Science and Technology ------------------------------------------------------------
insert into research_task
select format('%s.CB-%s/%s', (array['ĐT', 'DA'])[1 + i % 2], lpad((1 + i / 8)::text, 2, '0'), year),
       format('Nghiên cứu mẫu %s: bảo tồn và phát triển %s tại Cao Bằng', i, (array['hạt dẻ Trùng Khánh', 'lê Đông Khê', 'chè Phja Đén', 'vịt cỏ', 'miến dong'])[1 + i % 5]),
       (array['national', 'provincial', 'local'])[1 + i % 3], (1 + i % 6)::text,
       (array['Trung tâm Mẫu ứng dụng khoa học', 'Trường Cao đẳng Mẫu', 'Viện Mẫu miền núi phía Bắc'])[1 + i % 3],
       people.name, case when i % 3 > 0 then people.id end, case when i % 2 = 0 then format('chu.nhiem.%s@example.vn', i) end,
       case when i % 4 > 0 then jsonb_build_array(jsonb_build_object('name', 'Ma Thị Mẫu', 'role', 'Thư ký'), jsonb_build_object('name', 'Sầm Văn Mẫu', 'months', 3.50)) end,
       case when i % 6 > 0 then 480.125 + i end,
       case when status <> 'proposed' then make_date(year, 3, 1) end, case when status <> 'proposed' then make_date(year + 2, 2, 28) end,
       case when status = 'accepted' then make_date(year, 3, 1) + 700 end, case when status = 'accepted' then (array['excellent', 'passed'])[1 + i / 5 % 2] end,
       status::research_status, case when status = 'accepted' then E'Đã xây dựng quy trình mẫu;\ntỷ lệ sống > 85 %, "tốt".' end,
       case i % 3 when 0 then array['hạt dẻ', 'bảo tồn'] when 1 then array['a "b"', E'c\\d', 'NULL', ''] end,
       year, timestamptz '2026-05-01 00:00:00+00' + i * interval '1 h'
from generate_series(0, 79) as i
cross join lateral (select 2020 + i / 2 % 4 as year, (array['proposed', 'approved', 'running', 'accepted', 'stopped'])[1 + i % 5] as status) as head
join people on people.k = i;

insert into st_organisation
select format('CB-KHCN-%s', lpad(i::text, 3, '0')), format('%s Mẫu số %s', (array['Viện', 'Trung tâm', 'Trường', 'Doanh nghiệp khoa học và công nghệ'])[1 + i % 4], i),
       (array['institute', 'centre', 'school', 'enterprise'])[1 + i % 4], (1 + i % 6)::text, (array['public', 'private', 'public', 'foreign'])[1 + i % 4],
       case when i % 2 = 0 then (array['4899999017', '4899999024', '4899999031', '4899999049', '4899999056'])[1 + i % 5] || case when i % 4 = 0 then '-' || lpad((1 + i)::text, 3, '0') else '' end end,
       format('A-%s/ĐK-KHCN', 100 + i), date '2018-01-15' + i * 20, case when i % 3 > 0 then date '2028-01-15' + i * 20 end,
       place.code, format('Số %s, tổ Mẫu, %s', 1 + i, place.name_vi), people.name, '+84206' || lpad(i::text, 7, '0'),
       case when i % 5 = 0 then '[]' else jsonb_build_array(jsonb_build_object('name', 'Vi Thị Mẫu', 'degree', 'TS', 'field', '4'), jsonb_build_object('name', 'Lục Văn Mẫu', 'degree', 'ThS')) end,
       10 + i, i % 10, (array[1234.500, 0, 0.000001, 99999999999999999999.5, null])[1 + i % 5],
       case when i % 15 = 14 then 'closed' else 'active' end, timestamptz '2026-05-02 00:00:00+00' + i * interval '1 h'
from generate_series(0, 39) as i join place on place.k = i % 56 join people on people.k = i;

insert into intellectual_property
select format('%s-%s-%s', (array[1, 2, 3, 4, 6])[1 + i % 5], 2016 + i % 8, lpad(i::text, 5, '0')),
       (array['invention', 'utility_solution', 'design', 'trademark', 'geographical_indication'])[1 + i % 5]::ip_kind,
       format('%s mẫu %s', (array['Máy tách hạt dẻ', 'Bếp sấy miến', 'Bao bì chè', 'Lê Đông Khê', 'Cao Bằng'])[1 + i % 5], i),
       filed, case when status in ('published', 'granted', 'expired') then filed + 90 end, case when status in ('granted', 'expired') then filed + 500 end,
       case when status in ('granted', 'expired') and i % 5 < 4 then filed + 3650 end,
       case when person then 'P' else 'O' end,
       -- Some clerks write the person where the organisation belongs.
       case when not person then 'Hợp tác xã Mẫu ' || i when i % 3 = 1 then people.name end, case when person then people.name end,
       case when person then people.id else '4899999024' end,
       case when i % 5 < 3 then jsonb_build_array(jsonb_build_object('name', people.name)) end,
       case when i % 5 = 3 then array[30, 35]::smallint[] when i % 5 = 4 then '{}' end,
       case when i % 5 = 4 then array['01477', '01501'] end, status, timestamptz '2026-05-03 00:00:00+00' + i * interval '1 h'
from generate_series(0, 119) as i
cross join lateral (select date '2016-02-29' + i * 25 as filed, i % 5 < 4 and i % 7 = 1 as person, (array['filed', 'published', 'granted', 'granted', 'refused', 'expired'])[1 + i % 6] as status) as head
join people on people.k = i;

insert into standard_certificate
select format('%s-%s/%s', (array['TC', 'HQ', 'KĐ', 'TX'])[1 + i % 4], lpad(i::text, 5, '0'), 2024 + i % 3),
       (array['standard', 'conformity', 'verification', 'traceability'])[1 + i % 4]::cert_kind,
       case when i % 5 > 0 then (array['TCVN 11041-1:2017', 'QCVN 8-2:2011/BYT', 'ĐLVN 13:2019', 'TCCS 01:2025/MAU'])[1 + i % 4] end,
       (array['Miến dong', 'Mũ bảo hiểm', 'Cân bàn', 'Hạt dẻ Trùng Khánh'])[1 + i % 4] || ' mẫu ' || i, 'Công ty TNHH Mẫu ' || i % 20,
       case when i % 3 > 0 then '4899999049' end, place.code,
       case when i % 4 = 3 then '893' || lpad((i * 7919)::text, 10, '0') when i % 8 = 1 then '8930' || lpad(i::text, 4, '0') end,
       case when i % 4 = 3 then 'https://truyxuat.example.vn/' || i end,
       case when i % 4 = 2 then 'SN-' || i * 31 end, case when i % 4 = 2 then (array[0.1, 1e-7, 0.33333334, 3])[1 + i / 4 % 4]::real end, case when i % 4 = 2 then 1.5::real end,
       not (i % 4 = 2 and i / 4 % 4 = 3), date '2024-03-01' + i * 4, case when i % 4 = 2 or i % 3 = 0 then date '2025-03-01' + i * 4 end,
       case when i % 2 = 0 then people.name end, (array['valid', 'valid', 'expired', 'withdrawn'])[1 + i / 4 % 4], timestamptz '2026-05-04 00:00:00+00' + i * interval '1 h'
from generate_series(0, 199) as i join place on place.k = i % 56 join people on people.k = i;

insert into it_system
select 'HT-' || lpad(i::text, 4, '0'), 'Hệ thống mẫu ' || i, 'H14.' || lpad((2 + i % 30)::text, 2, '0'), 1 + i % 5,
       case when i % 5 > 0 then (400 + i)::text || '/QĐ-UBND' end, case when i % 5 > 0 then date '2024-05-01' + i end,
       (array['datacentre', 'cloud', 'onsite'])[1 + i % 3],
       case i % 3 when 0 then format('10.%s.0.0/16', i)::cidr when 1 then format('2001:db8:%s::/48', i)::cidr end,
       case i % 3 when 0 then format('10.%s.0.1/16', i)::inet when 1 then format('2001:db8:%s::1', i)::inet end,
       case i % 3 when 0 then array[format('mau-%s.example.vn', i), 'xn--mu-nja.example.vn'] when 1 then '{}' end,
       case when i % 4 = 0 then format('https://10.%s.0.1:8443/quan-tri?muc=a@b', i) end,
       jsonb_build_array(jsonb_build_object('name', 'PostgreSQL', 'version', '15.' || i % 9), jsonb_build_object('name', 'nginx', 'version', null)),
       i % 2 = 0, case when i % 4 > 0 then array['HT-0000', 'HT-' || lpad((i / 2)::text, 4, '0')] end,
       (array[interval '1 day', '06:00', '1 mon', '00:15:00.5', null])[1 + i % 5], case when i % 7 > 0 then date '2019-01-01' + i * 30 end,
       case when i % 5 > 2 then date '2026-01-01' + i end, case when i % 5 > 2 then date '2027-01-01' + i end,
       people.name, '+84206' || lpad(i::text, 7, '0'), (array['planned', 'live', 'live', 'retired'])[1 + i % 4], timestamptz '2026-05-05 00:00:00+00' + i * interval '1 h'
from generate_series(0, 59) as i join people on people.k = i;

insert into telecom_site
select format('CBG%s%s', lpad(i::text, 4, '0'), (array['', 'A', 'B'])[1 + i % 3]), (array['viettel', 'vnpt', 'mobifone', 'vietnamobile'])[1 + i % 4], (array['ground', 'roof', 'indoor', 'mobile'])[1 + i % 4],
       place.code, case when i % 10 > 0 then 105.4 + i * 0.006 end, case when i % 10 > 0 then 22.4 + i * 0.003 end, case when i % 4 < 2 then 24 + i % 40 + 0.5 end,
       case i % 3 when 0 then array['2G', '4G'] when 1 then array['4G', '5G'] else array['3G', '4G', '5G'] end,
       case when i % 3 > 0 then array[900, 1800, 2600] end, case when i % 3 > 0 then array[0, 120, 240]::smallint[] when i % 7 = 0 then array[45, null]::smallint[] end,
       (array[20, 0.1, 16777216e-6, 1.17549435e-38])[1 + i % 4]::real, case when i % 10 > 0 then (array['A', 'B', 'C', 'D'])[1 + i % 4] end,
       case when i % 5 = 0 then array['vnpt', 'mobifone'] else '{}' end, (array[interval '4 hours', '1 day', null])[1 + i % 3],
       case when i % 2 = 0 then date '2025-02-01' + i end, case when i % 4 = 0 then date '2027-02-01' + i end,
       (array[tstzrange('2026-06-01 10:00+07', '2026-06-01 12:30+07'), tstzrange('2026-10-01 00:00+07', null), 'empty', null])[1 + i % 4],
       case when i % 3 = 0 then people.name end, case when i % 10 = 0 then 'planned' else 'live' end, timestamptz '2026-05-06 00:00:00+00' + i * interval '1 h'
from generate_series(0, 239) as i join place on place.k = i % 56 join people on people.k = i;

insert into shared_code
select 'co-quan', code, nullif(left(code, length(code) - 3), ''), 'Cơ quan mẫu ' || code, 'Sample agency ' || code, 'CQ ' || k, 1 + (length(code) - 3) / 3, k, '501/QĐ-UBND', date '2025-07-01', null::date, null::text[],
       jsonb_build_object('email', null, 'to', 1.0), timestamptz '2026-05-07 00:00:00+00'
from (select 0 as k, 'H14' as code union all select k, 'H14.' || lpad(k::text, 2, '0') from generate_series(2, 60) as k union all select 100 + k, 'H14.35.' || lpad(k::text, 2, '0') from generate_series(1, 20) as k) as agency
union all
select 'xa-phuong', code, '04', name_vi, null, null, 2, (row_number() over (order by code))::int, '60/NQ-HĐND', '2025-07-01', null, null, jsonb_build_object('kind', kind), timestamptz '2026-05-07 00:00:00+00' from commune
union all
select 'don-vi-do', code, null, name, null, code, null, k, null, '2000-01-01'::date, case k when 2 then 'infinity'::date when 3 then '2026-06-30' end, case when k = 3 then array['ha', 'm2'] end, null, timestamptz '2026-05-07 00:00:00+00'
from (values (1, 'm2', 'mét vuông'), (2, 'ha', 'héc-ta'), (3, 'sào', 'sào Bắc Bộ'), (4, 'tạ', 'tạ')) as unit (k, code, name);

-- ---- Department of Ethnic Minorities and Religions ---------------------------------------------------
insert into ethnic_household
select format('%s-DT-%s', place.code, lpad(i::text, 5, '0')), place.code, 'Xóm Mẫu ' || i % 30, case when i % 6 > 0 then people.id end, people.name,
       lpad((2 + i % 50)::text, 2, '0'), 2 + i % 9, (2 + i % 9) / 2, i % 3, (array['poor', 'near_poor', 'none', 'none'])[1 + i % 4]::poverty_status, (array['I', 'II', 'III'])[1 + i % 3],
       case when i % 5 > 0 then 700000 + i * 10000 end, (array['solid', 'semi_solid', 'temporary', 'stilt'])[1 + i % 4], (array['piped', 'well', 'stream', 'rain'])[1 + i % 4],
       i % 8 > 0, case when i % 3 > 0 then array['Tày', 'Nùng', 'Mông Trắng (Hmoob Dawb)'] end,
       case when i % 4 < 2 then jsonb_build_array(jsonb_build_object('policy', 'Nhà ở', 'year', 2025, 'million', 40.0)) else '[]' end, date '2026-01-10' + i % 90,
       timestamptz '2026-05-08 00:00:00+00' + i * interval '1 min'
from generate_series(0, 299) as i join place on place.k = i % 56 join people on people.k = i;

insert into ethnic_programme
select format('%s-%s-%s', (array['DTMN', 'GNBV', 'NTM'])[1 + i % 3], 2022 + i % 5, lpad(i::text, 4, '0')),
       format('%s mẫu %s, %s', (array['Đường liên xóm', 'Nước sinh hoạt tập trung', 'Hỗ trợ đất ở', 'Nhà văn hóa'])[1 + i % 4], i, place.name_vi), 1 + i % 10, place.code, 'H14.35.' || lpad((1 + i % 20)::text, 2, '0'),
       (600 + i)::text || '/QĐ-UBND', date '2022-06-01' + i * 8,
       (array[daterange('2022-06-01', '2025-01-01'), daterange('2026-01-01', null), 'empty', null])[1 + i % 4],
       budget, budget * 0.8, round(budget * done / 100, 3), done, case when i % 3 > 0 then 20 + i end, case when i % 4 > 0 then 'Công ty TNHH Mẫu xây lắp ' || i % 9 end,
       case when done = 100 then 'finished' when done = 0 then 'approved' else 'running' end, case when i % 9 = 0 then E'Chậm tiến độ;\nđề nghị "bổ sung" hồ sơ' end, timestamptz '2026-05-09 00:00:00+00' + i * interval '1 min'
from generate_series(0, 199) as i
cross join lateral (select 350.125 + i * 12.5 as budget, (array[0, 12.5, 66.67, 99.99, 100])[1 + i % 5] as done) as money
join place on place.k = i % 56;

insert into prestigious_person
select people.id, people.name, people.sex, case when precision = 'day' then people.born end,
       case precision when 'day' then to_char(people.born, 'DD/MM/YYYY') when 'month' then to_char(people.born, 'MM/YYYY') else to_char(people.born, 'YYYY') end, precision,
       lpad((2 + i % 9)::text, 2, '0'), place.code, 'Xóm Mẫu ' || i % 30, case when i % 2 = 0 then '+84206' || lpad(i::text, 7, '0') end,
       (array['elder', 'clan', 'headman', 'retired', 'dignitary', 'artisan', 'other'])[1 + i % 7], (700 + i)::text || '/QĐ-UBND', date '2024-01-20' + i,
       case when i % 10 = 0 then date '2026-02-01' end, case when i % 10 = 0 then 'request' end,
       case i % 3 when 0 then array['Giấy khen 2024', 'Bằng khen "2025"'] when 1 then '{}' end, case when i % 2 = 0 then jsonb_build_array(jsonb_build_object('year', 2025, 'kind', 'Thăm hỏi', 'vnd', 500000)) end,
       case when i % 5 = 0 then 'Ghi chú mẫu' end, timestamptz '2026-05-10 00:00:00+00' + i * interval '1 min'
from generate_series(0, 99) as i
cross join lateral (select (array['day', 'month', 'year'])[1 + i % 3]::date_precision as precision) as head
join place on place.k = i % 56 join people on people.k = i / 2 * 4 + i % 2;

insert into religious_organisation
select 'CB-TG-' || lpad(i::text, 4, '0'), format('%s mẫu %s', (array['Ban Trị sự', 'Giáo xứ', 'Hội thánh', 'Họ đạo'])[1 + i % 4], i), (array['01', '02', '03', '04'])[1 + i % 4],
       (array['organisation', 'affiliate', 'group'])[1 + i % 3], case when i % 3 = 1 then 'CB-TG-0000' end,
       case when status = 'recognised' then (800 + i)::text || '/QĐ-UBND' end, case when status = 'recognised' then date '2015-03-01' + i * 20 end, date '2010-03-01' + i * 20,
       place.code, format('Tổ Mẫu %s, %s', i % 9, place.name_vi), people.name, case when i % 3 > 0 then people.id end, case when i % 2 = 0 then '+84206' || lpad(i::text, 7, '0') end,
       case when i % 7 > 0 then 40 + i * 3 end, case when i % 7 > 0 then i % 12 end,
       case when i % 2 = 0 then jsonb_build_array(jsonb_build_object('date', '15/4 âm lịch', 'activity', 'Lễ Phật đản')) end, status, case when i % 5 = 0 then 'Ghi chú mẫu' end,
       timestamptz '2026-05-11 00:00:00+00' + i * interval '1 min'
from generate_series(0, 79) as i
cross join lateral (select (array['recognised', 'registered', 'recognised', 'suspended', 'recognised'])[1 + i % 5] as status) as head
join place on place.k = i % 56 join people on people.k = i;

insert into religious_dignitary
select people.id, people.name, case when i % 2 = 0 then 'Thích Mẫu Tâm' end, people.sex, case when i % 6 > 0 then people.born end, case when i % 20 = 0 then 'LAO' else 'VNM' end,
       (array['01', '02', '03', '04'])[1 + i % 4], (array['Thượng tọa', 'Linh mục', 'Mục sư', 'Giáo hữu'])[1 + i % 4], 'CB-TG-' || lpad((i % 80)::text, 4, '0'),
       case when i % 3 > 0 then date '2008-05-05' + i end, date '2015-05-05' + i, (900 + i)::text || '/UBND-NC',
       case i % 3 when 0 then array['01273', '01279'] when 1 then '{}' end, case when i % 2 = 0 then jsonb_build_array(jsonb_build_object('school', 'Học viện Mẫu', 'from', 1999)) end,
       case when i % 15 = 2 then '\xffd8ffe0'::bytea || (select string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b) from generate_series(1, 100) as b) when i % 15 = 3 then '\xffd8ff' end,
       case when i % 9 = 8 then 'transferred' else 'active' end, case when i % 9 = 8 then date '2026-01-31' end, case when i % 4 = 0 then 'Ghi chú mẫu' end,
       timestamptz '2026-05-12 00:00:00+00' + i * interval '1 min'
from generate_series(0, 89) as i
-- Those born in the last century: ordained after they were born.
join people on people.k = i / 2 * 4 + i % 2;

insert into worship_establishment
select 'CB-TN-' || lpad(i::text, 4, '0'), format('%s Mẫu %s', (array['Chùa', 'Nhà thờ', 'Điểm nhóm', 'Đình', 'Đền', 'Miếu', 'Nhà thờ họ'])[1 + i % 7], i),
       case i % 3 when 0 then array['Chùa "Cũ"', 'Phja Mẫu'] when 1 then '{}' end, (array['pagoda', 'church', 'chapel', 'communal', 'temple', 'shrine', 'clan'])[1 + i % 7],
       case i % 7 when 0 then '01' when 1 then '02' when 2 then '03' end, place.code,
       case when i % 4 > 0 or i % 3 > 0 then 105.5 + i * 0.005001 end, case when i % 4 > 0 or i % 3 > 0 then 22.4 + i * 0.002 end,
       case when i % 5 > 0 then 1600 + i * 2 end, i % 3 > 0, case when i % 3 > 0 then date '2018-01-01' + i end, case when i % 2 = 0 then 120.5 + i end,
       case when i % 4 = 0 then 'CB ' || lpad((100000 + i)::text, 6, '0') end, case when i % 10 = 0 then 'CB-DT-' || lpad(i::text, 4, '0') end,
       people.name, case when i % 2 = 0 then '+84206' || lpad(i::text, 7, '0') end, case when i % 3 = 0 then jsonb_build_array(jsonb_build_object('name', 'Hội mẫu', 'lunar', true, 'day', 1.50)) end,
       timestamptz '2026-05-13 00:00:00+00' + i * interval '1 min'
from generate_series(0, 199) as i join place on place.k = i % 56 join people on people.k = i;
