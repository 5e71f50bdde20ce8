-- weight: 3. A document expires, in part or whole; its text and file, kept out of line, are not touched.
\set n random(1, 120)
\set s random(0, 2)
update legal_document set validity = (array['in_force', 'partly_expired', 'expired'])[1 + :s]::legal_validity, expires_on = case when :s = 2 then effective_on + 800 end, updated_at = clock_timestamp()
where document_no like :n || '/2%';
