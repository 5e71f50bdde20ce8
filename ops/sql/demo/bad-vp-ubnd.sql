-- Rows that break a rule, each with the code that it must be parked under.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

create temp table bad (agency_code text, document_no text, secrecy smallint, file_sha256 bytea, file_content bytea, code text, why text);
insert into bad values
    ('H14', '9001/QĐ-UBND', 2, sha256('%PDF-1.7 mật'), '%PDF-1.7 mật', 'E_SECRET', 'a secret does not belong here'),
    ('H14.02', '9002/QĐ-UBND', 0, sha256('%PDF-1.7'), '%PDF-1.7 mẫu', 'E_CROSSFIELD', 'not the hash of its content'),
    ('H14.12.01', '9003/QĐ-UBND', 0, sha256('GIF89a'), 'GIF89a', 'E_FORMAT', 'not a PDF'),
    ('H14.35', 'không số', 0, null, null, 'E_FORMAT', 'not a document number'),
    (E'H14.35\u200b', '9005/QĐ-UBND', 0, null, null, 'E_FORMAT', 'a zero-width space in the agency''s code');
update bad set file_content = convert_to('%PDF-1.7 mật', 'utf8'), file_sha256 = sha256(convert_to('%PDF-1.7 mật', 'utf8')) where code = 'E_SECRET';
insert into directing_document (agency_code, document_no, issued_on, doc_type, summary_vi, secrecy, file_sha256, file_content)
select agency_code, document_no, '2026-02-10', 'QĐ', 'V/v mẫu', secrecy, file_sha256, file_content from bad;
insert into seeded_bad select 'directing-document', array[agency_code, document_no, '2026-02-10'], code, why from bad;
-- Public ones all the same: what breaks a rule must not get out because a flag says so.
update directing_document set is_public = true where (agency_code, document_no) in (select agency_code, document_no from bad);

create temp table bad_record (record_code text, received_at timestamptz, due_at timestamptz, procedure_code text, channel smallint, phone text, code text, why text);
insert into bad_record values
    -- 17:10 of the fifth in UTC: a program that reads the day there finds nothing wrong.
    ('H14.35-260305-9012', '2026-03-06 00:10+07', null, '1.001193', 1, null, 'E_CROSSFIELD', 'received after midnight, the code names the day before'),
    ('H14.35-260305-9013', '2026-03-05 08:31+07', '2026-03-04 17:00+07', '1.001193', 1, null, 'E_CROSSFIELD', 'due before it was received'),
    ('H14.35/260305/9014', '2026-03-05 08:31+07', null, '1.001193', 1, null, 'E_FORMAT', 'not the code of a record'),
    ('H14.35-260305-9015', '2026-03-05 08:31+07', null, '1001193', 1, null, 'E_FORMAT', 'a procedure''s code without its point'),
    ('H14.35-260305-9016', '2026-03-05 08:31+07', null, '1.001193', 7, null, 'E_RANGE', 'there are three channels'),
    ('H14.35-260305-9017', '2026-03-05 08:31+07', null, '1.001193', 1, '0206', 'E_FORMAT', 'not a phone number'),
    -- Waits, as long as the catalogue has no such procedure.
    ('H14.35-260305-9018', '2026-03-05 08:31+07', null, '8.999999', 1, null, 'W_REFERENCE', 'a procedure that is not in the catalogue');
insert into procedure_record (record_code, procedure_code, agency_code, commune_code, channel, applicant_kind, applicant_id, applicant_name, applicant_phone, received_at, due_at, state)
select record_code, procedure_code, 'H14.35', '01501', channel, 'P', '004195999902', 'LÝ THỊ MẪU', phone, received_at, due_at, 'received' from bad_record;
insert into seeded_bad select 'admin-procedure-record', array[record_code], code, why from bad_record;

insert into admin_procedure (procedure_code, name_vi, field_vi, level, decision_no, effective_on, state) values
    ('9.000001', 'Thủ tục mẫu <script>alert(1)</script>', 'Hộ tịch', 'both', '1/QĐ-UBND', '2026-01-01', 'in_force'),
    ('9.000002', 'Thủ tục mẫu', 'Hộ tịch', 'both', '1/QĐ-UBND', '2026-01-01', 'repealed');
insert into seeded_bad values
    ('admin-procedure', array['9.000001'], 'E_FORMAT', 'markup in a name that pages show'),
    ('admin-procedure', array['9.000002'], 'E_REQUIRED', 'repealed, and no day of it');

insert into admin_procedure_statistics values ('1.001193', 'H14.35', '2026-03-05', 3, 1, 4, 5, 0, 7.25);
insert into admin_procedure_statistics values ('1.001193', 'H14.35', '2026-03-06', 3, 1, 4, 2, 1, 7.25);
insert into seeded_bad values
    ('admin-procedure-statistics', array['1.001193', 'H14.35', '2026-03-05'], 'E_CROSSFIELD', 'more on time than finished'),
    ('admin-procedure-statistics', array['1.001193', 'H14.35', '2026-03-06'], 'E_CROSSFIELD', 'on time and late are not all that finished');

insert into citizen_complaint (petition_no, kind, received_on, channel, field, is_anonymous, petitioner_name, content) values
    ('TC-2026-90001', 'denunciation', '2026-03-05', 'post', 'conduct', false, null, 'Nội dung mẫu'),
    ('TC-2026-90002', 'denunciation', '2026-03-05', 'post', 'conduct', false, 'Nông Văn M4u', 'Nội dung mẫu'),
    ('TC-2026-90003', 'denunciation', '2026-03-05', 'post', 'conduct', true, null, 'Cao B»ng');
insert into seeded_bad values
    ('citizen-complaint', array['TC-2026-90001'], 'E_REQUIRED', 'not anonymous, and no name'),
    ('citizen-complaint', array['TC-2026-90002'], 'E_FORMAT', 'a digit in a name'),
    ('citizen-complaint', array['TC-2026-90003'], 'E_ENCODING', 'TCVN3 read as Latin-1');

insert into st_organisation (org_code, name_vi, kind, field_code, ownership, commune_code, staff_total, staff_doctors) values ('CB-KHCN-901', 'Viện Mẫu', 'institute', '4', 'public', '01273', 3, 4);
insert into intellectual_property (ip_no, kind, title, filed_on, owner_kind, owner_org, status) values ('4-2026-90001', 'trademark', 'Nhãn hiệu mẫu', '2026-01-05', 'O', 'Hợp tác xã Mẫu', 'published');
insert into standard_certificate (cert_no, kind, product_vi, holder_name, holder_tax_code, issued_on) values ('TC-90001/2026', 'standard', 'Miến dong mẫu', 'Hộ Mẫu', '004185999904', '2026-01-05');
insert into it_system (system_code, name_vi, owner_agency, security_level, hosting, admin_url) values ('HT-9001', 'Hệ thống mẫu', 'H14.12', 1, 'onsite', 'https://quantri:mau@10.9.8.7/');
insert into shared_code (list_id, code, name_vi, valid_from) values ('co-quan', 'H14.90', 'Cơ quan mẫu', '2025-07-01');
insert into ethnic_household (household_code, commune_code, hamlet_vi, head_name, ethnicity_code, members, income_month_vnd, surveyed_on) values
    ('01273-DT-90001', '01273', 'Xóm Mẫu', 'Nông Văn Mẫu', '03', 4, 1500, '2026-01-10'),
    ('01273-DT-90002', '01273', 'Xóm Mẫu', 'Nông Văn Mẫu', '77', 4, null, '2026-01-10');
insert into ethnic_programme (project_code, name_vi, commune_code, investor_agency, budget_million, disbursed_million) values ('DTMN-2026-9001', 'Đường liên xóm mẫu', '01273', 'H14.35', 100, 100.001);
insert into prestigious_person (personal_id, full_name, sex, birth_date, birth_date_text, birth_precision, ethnicity_code, commune_code, hamlet_vi, category, decision_no, recognised_on) values
    ('004145999990', 'Hoàng Văn Mẫu', 'M', null, '1945', 'year', '02', '01558', 'Xóm Mẫu', 'elder', '1/QĐ-UBND', '2026-01-10'),
    ('004045999991', 'Hoàng Văn Mẫu', 'M', '1945-01-01', '1945', 'year', '02', '01558', 'Xóm Mẫu', 'elder', '1/QĐ-UBND', '2026-01-10');
insert into religious_organisation (org_code, name_vi, religion_code, level, recognised_on, commune_code, status) values ('CB-TG-9001', 'Giáo xứ mẫu', '02', 'organisation', '2026-01-10', '01273', 'recognised');
insert into religious_dignitary (personal_id, full_name, sex, religion_code, rank_vi, org_code, portrait) values ('004045999992', 'Hoàng Văn Mẫu', 'M', '01', 'Đại đức', 'CB-TG-0000', 'GIF89a');
insert into worship_establishment (site_code, name_vi, kind, commune_code, lon, lat, is_registered, registered_on) values ('CB-TN-9001', 'Đình Mẫu', 'communal', '01273', 22.6, 106.2, true, '2026-01-10');
insert into seeded_bad values
    ('st-organisation', array['CB-KHCN-901'], 'E_CROSSFIELD', 'more doctors than staff'),
    ('st-intellectual-property', array['4-2026-90001'], 'E_REQUIRED', 'published, and no day of it'),
    ('st-standards-traceability', array['TC-90001/2026'], 'E_FORMAT', 'a person''s number where only an organisation''s may be'),
    ('it-system-registry', array['HT-9001'], 'E_SECRET', 'a password in an address'),
    ('shared-code-lists', array['co-quan', 'H14.90'], 'E_REQUIRED', 'an agency without its decision'),
    ('ethnic-community', array['01273-DT-90001'], 'E_RANGE', 'income in thousand VND'),
    ('ethnic-community', array['01273-DT-90002'], 'E_CODELIST', 'no such ethnic group'),
    ('ethnic-policy-programme', array['DTMN-2026-9001'], 'E_CROSSFIELD', 'more disbursed than there is'),
    ('ethnic-prestigious-person', array['004145999990'], 'E_CROSSFIELD', 'the number says a woman'),
    ('ethnic-prestigious-person', array['004045999991'], 'E_CROSSFIELD', 'the year alone is known, and yet a day is given'),
    ('religious-organisation', array['CB-TG-9001'], 'E_REQUIRED', 'recognised, and no number of it'),
    ('religious-dignitary', array['004045999992'], 'E_FORMAT', 'a portrait that is no JPEG'),
    ('worship-establishment', array['CB-TN-9001'], 'E_RANGE', 'longitude and latitude swapped');
