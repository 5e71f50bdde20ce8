-- What the open store must hold of `directing-document`: documents marked public and in force, without their files.
select agency_code, document_no, issued_on, doc_type, summary_vi, reply_to, effective_on, expires_on, pages
from dept.directing_document
where is_public and state = 'issued'
  and array[agency_code::text, document_no::text, issued_on::text] not in (select key from dept.seeded_bad where dataset = 'directing-document')
order by agency_code collate "C", document_no collate "C", issued_on::text collate "C";
