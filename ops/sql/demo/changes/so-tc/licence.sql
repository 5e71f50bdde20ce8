-- weight: 2. A household's carrier becomes a cooperative, or a cooperative a household's.
\set i random(0, 149)
update transport_licence
set operator_kind = case operator_kind when 'household' then 'cooperative' else 'household' end, operator_name = 'ĐƠN VỊ VẬN TẢI MẪU', routes = array['Cao Bằng – Bản Giốc'], vehicle_count = vehicle_count + 1, updated_at = clock_timestamp()
where licence_no = (select licence_no from transport_licence where licence_no not in (select key[1] from seeded_bad) order by licence_no offset :i limit 1);
