-- weight: 3. Documents with a long file are touched elsewhere.
\set i 50 * random(0, 199) + 3
update directing_document set urgency = (urgency + 1) % 3, updated_at = clock_timestamp() where file_name = 'mau_' || :i || '.pdf';
