-- weight: 2. A document is issued.
insert into directing_document (agency_code, document_no, issued_on, doc_type, summary_vi, recipients, file_name, file_sha256, file_content, is_public)
select 'H14', (20000 + nextval('demo_number')) || '/QĐ-UBND', current_date, 'QĐ', 'V/v mẫu mới', array['H14.02'], 'moi.pdf', sha256(content), content, true
from (select convert_to('%PDF-1.7 ' || clock_timestamp(), 'utf8') as content) as file
on conflict do nothing;
