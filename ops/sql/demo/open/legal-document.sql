-- What the open store must hold of `legal-document`: every document, whole.
select document_no, issued_on, doc_type, issuer, title_vi, field, effective_on, expires_on, validity, replaces, amends,
       gazette_no, articles, full_text, file_sha256, file_content
from dept.legal_document
where array[document_no::text, issued_on::text] not in (select key from dept.seeded_bad where dataset = 'legal-document')
order by document_no collate "C", issued_on::text collate "C";
