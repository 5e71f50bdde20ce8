-- Once, as soon as capture has its slot: see so-nnmt/before-copy.sql.
do $$
declare document record;
begin
    for document in select agency_code, document_no, issued_on from directing_document where length(file_content) > 8000 order by 1 desc, 2 desc, 3 desc loop
        update directing_document set pages = 99, updated_at = clock_timestamp()
        where (agency_code, document_no, issued_on) = (document.agency_code, document.document_no, document.issued_on);
        commit;
    end loop;
end $$;
