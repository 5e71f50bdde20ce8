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
