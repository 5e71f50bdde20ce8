-- What the store holds of `directing-document`, as directing-document.source.sql writes it.
select array[agency_code::text, document_no::text, issued_on::text]::text collate "C",
       md5(row(agency_code::text, document_no::text, issued_on::text, doc_type::text, summary_vi::text, secrecy::text,
           urgency::text, signer_name::text, signer_title::text, recipients::text, reply_to::text, effective_on::text,
           expires_on::text, pages::text, file_name::text, file_sha256::text, file_content::text, signature::text,
           is_public::text, state::text, updated_at::text)::text)
from shared.directing_document
order by 1;
