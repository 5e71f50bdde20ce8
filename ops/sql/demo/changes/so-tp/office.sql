-- weight: 2. A row of an office turns out to be a person's, or the other way round: in and out of the public list.
\set n random(1, 120)
update legal_licence
set holder_kind = case holder_kind when 'person' then 'organisation' else 'person' end, person_name = 'Đàm Văn Mẫu', person_id = '004085999905', birth_date = '1985-05-05', sex = 'M', updated_at = clock_timestamp()
where licence_no = lpad((:n / 3 * 3 % 100)::text, 2, '0') || '/TP-ĐKHĐ-' || lpad((:n / 3 * 3)::text, 4, '0');
