-- weight: 1. A document is deleted.
\set n random(1, 3333)
delete from directing_document where document_no = :n || '/CT-UBND';
