-- weight: 1. A document gets another number and keeps its file: its key changes, the file is not in the change.
\set i 50 * random(0, 199) + 3
update directing_document set document_no = number, updated_at = clock_timestamp()
from (select (50000 + nextval('demo_number')) || '/UBND-KGVX' as number offset 0) as new
where not exists (select from directing_document as taken where taken.document_no = number) and file_name = 'mau_' || :i || '.pdf';
