-- weight: 2. A household leaves poverty, or falls back.
\set n random(1, 280)
update poor_household set category = case category when 'escaped' then 'near_poor' else 'escaped' end, escaped_on = case category when 'escaped' then null else date '2026-06-30' end, updated_at = clock_timestamp()
where household_code like '%-' || lpad(:n::text, 5, '0');
