-- What the store must hold of `directing-document`: every row, less the seeded bad ones. One line each: key, tab, digest of
-- every value as text.
select array[agency_code::text, document_no::text, issued_on::text]::text collate "C",
       md5(row(agency_code::text, document_no::text, issued_on::text, doc_type::text, summary_vi::text, secrecy::text,
           urgency::text, signer_name::text, signer_title::text, recipients::text, reply_to::text, effective_on::text,
           expires_on::text, pages::text, file_name::text, file_sha256::text, file_content::text, signature::text,
           is_public::text, state::text, updated_at::text)::text)
from dept.directing_document
where array[agency_code::text, document_no::text, issued_on::text] not in (select key from dept.seeded_bad where dataset = 'directing-document')
order by 1;
