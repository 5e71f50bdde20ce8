-- weight: 2. An office moves.
\set n random(1, 120)
update legal_licence set address_vi = 'Xóm Mẫu :n', updated_at = clock_timestamp() where licence_no like '%/TP-ĐKHĐ-' || lpad(:n::text, 4, '0');
