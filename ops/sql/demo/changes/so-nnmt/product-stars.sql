-- weight: 2. A product gets stars; one that is private changes too, and nothing of it may be seen outside.
\set n random(1, 240)
update agri_record set stars = 3 + (:n + extract(second from clock_timestamp())::int) % 3, updated_at = clock_timestamp() where record_kind = 'ocop' and record_no = 'OCOP-2026-' || lpad((:n / 3 * 3 + 2)::text, 5, '0');
