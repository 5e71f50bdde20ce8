-- weight: 2. A producer is a household, then an organisation: its product goes from the public side and comes back.
\set n random(1, 240)
update agri_record set producer_kind = case producer_kind when 'household' then 'organisation' else 'household' end, updated_at = clock_timestamp()
where record_no = 'OCOP-2026-' || lpad((:n / 3 * 3 + 2)::text, 5, '0');
