-- weight: 2. A business with a long list of representatives, kept out of line, is touched elsewhere.
\set i 500 * random(0, 29) + 1
update business set phone = '+84206' || lpad((:i + change_no)::text, 7, '0'), change_no = change_no + 1, changed_at = clock_timestamp()
where name_vi like '% ' || :i and enterprise_code not in (select key[1] from seeded_bad);
