-- weight: 1. A wrong number is put right: the key changes, text and file are not in the change.
\set n random(1, 120)
update legal_document set document_no = number, updated_at = clock_timestamp()
from (select 50000 + nextval('demo_number') || '/2026/QĐ-UBND' as number offset 0) as new
where document_no like :n || '/2%' and document_no not in (select key[1] from seeded_bad) and not exists (select from legal_document as taken where taken.document_no = number);
