-- Rows that break a rule, each with the code that it must be parked under.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

insert into notarial_act (act_no, act_kind, office_no, notary_licence, signed_at, party_ids, party_names, asset_kind, asset_ref, value_vnd, status)
values ('CC-01-2026-99001', 'transfer', '01', 'CCV-0001', '2026-03-01 09:00+07', '{004070999901,4899999018}', '{Nông Văn Mẫu,Lý Thị Mẫu}', 'land', 'CB 000001', 100000000, 'effective'),
       ('NC-01-2026-99002', 'blocking', '01', 'CCV-0001', '2026-03-01 09:00+07', '{004070999901}', '{Nông Văn Mẫu}', 'land', 'CB 000001', null, 'effective');
insert into legal_document (document_no, issued_on, doc_type, issuer, title_vi, field, effective_on, validity, full_text, file_sha256, file_content)
values ('901/2026/QĐ-UBND', '2026-03-01', 'decision', 'committee', 'Quy định mẫu', 'land', '2026-02-01', 'in_force', null, null, null),
       ('902/2026/QĐ-UBND', '2026-03-01', 'decision', 'committee', 'Quy định mẫu', 'land', '2026-03-11', 'in_force', 'Điều 1 <script>alert(1)</script>', null, null),
       ('903/2026/QĐ-UBND', '2026-03-01', 'decision', 'committee', 'Quy định mẫu', 'land', '2026-03-11', 'in_force', null, decode(repeat('ab', 32), 'hex'), '%PDF-1.7'),
       ('904/2026/QĐ-UBND', '2026-03-01', 'decision', 'committee', 'Quy ®Þnh mÉu cña tØnh Cao B»ng', 'land', '2026-03-11', 'in_force', null, null, null);
insert into admin_violation (decision_no, agency_code, violator_kind, violator_id, violator_name, violator_birth_date, commune_code, field, legal_basis, violated_on, decided_on, fine_vnd)
values ('99001/QĐ-XPHC', 'H14.CA', 'person', '004070999901', 'Triệu Văn Mẫu', '1970-01-01', '01273', 'traffic', '{Điều 5}', '2026-03-05', '2026-03-01', 500000),
       ('99002/QĐ-XPHC', 'H14.CA', 'person', '004070999901', 'Triệu Văn Mẫu', null, '01273', 'traffic', '{Điều 5}', '2026-03-01', '2026-03-05', 500000);
insert into legal_licence (licence_no, holder_kind, field, organisation_vi, commune_code, address_vi, person_name, person_id, birth_date, sex, issued_on)
values ('LS-9001', 'person', 'lawyer', 'Văn phòng luật sư Mẫu', '01273', 'Xóm Mẫu', 'Đàm Văn Mẫu', '004170999901', '1970-04-04', 'M', '2015-01-01'),
       ('99/TP-ĐKHĐ-9002', 'organisation', 'cobbler', 'Văn phòng Mẫu', '01273', 'Xóm Mẫu', null, null, null, null, '2015-01-01');
insert into seeded_bad values
    ('notarial-act', '{CC-01-2026-99001}', 'E_CHECKDIGIT', 'a party''s tax code'),
    ('notarial-act', '{NC-01-2026-99002}', 'E_REQUIRED', 'blocked by nobody'),
    ('legal-document', '{901/2026/QĐ-UBND,2026-03-01}', 'E_CROSSFIELD', 'in force before it was issued'),
    ('legal-document', '{902/2026/QĐ-UBND,2026-03-01}', 'E_FORMAT', 'a script'),
    ('legal-document', '{903/2026/QĐ-UBND,2026-03-01}', 'E_CROSSFIELD', 'the hash of another file'),
    ('legal-document', '{904/2026/QĐ-UBND,2026-03-01}', 'E_ENCODING', 'TCVN3 read as Latin-1'),
    ('admin-violation', '{99001/QĐ-XPHC}', 'E_CROSSFIELD', 'decided before it happened'),
    ('admin-violation', '{99002/QĐ-XPHC}', 'E_REQUIRED', 'a person without birth date'),
    ('legal-profession', '{LS-9001}', 'E_CROSSFIELD', 'the number says female'),
    ('legal-profession', '{99/TP-ĐKHĐ-9002}', 'E_CODELIST', 'no such field');
