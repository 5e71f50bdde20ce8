-- weight: 4. A warning is given, raised, and over.
\set n random(1, 110)
\set s random(0, 3)
update disaster_point
set warning_state = (array['watch', 'warning', 'evacuate', 'over'])[1 + :s], warning_vi = 'Cảnh báo mẫu lần ' || :n + :s, issued_at = now(), valid_until = now() + interval '6 hours', updated_at = clock_timestamp()
where point_code = (select point_code from disaster_point where point_code like '%-' || lpad(:n::text, 4, '0') limit 1);
