-- weight: 2. A card is prolonged.
\set n random(10, 2999)
update insurance_participation set months_paid = least(months_paid + 1, 700), health_card = daterange('2026-01-01', '2028-01-01'), updated_at = clock_timestamp()
where insurance_no = (select insurance_no from insurance_participation where insurance_no >= '99999' || lpad(:n::text, 5, '0') order by insurance_no limit 1);
