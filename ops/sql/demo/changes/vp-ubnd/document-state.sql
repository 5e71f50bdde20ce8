-- weight: 5. A document is recalled or made public; its file, kept out of line, is not touched.
\set n random(1, 3333)
update directing_document set state = case state when 'issued' then 'recalled' else 'issued' end, is_public = not is_public, updated_at = clock_timestamp()
where document_no = :n || '/QĐ-UBND' and agency_code in ('H14', 'H14.02');
