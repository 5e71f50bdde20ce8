-- weight: 2. A licence turns out to lie in the border belt, or does not after all: what was public is withdrawn.
\set n random(1, 60)
update mineral_licence set near_border = not near_border, updated_at = clock_timestamp() where licence_no = :n || '/GP-' || case when :n % 2 = 0 then 'UBND' else 'BNNMT' end;
