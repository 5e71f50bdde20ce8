-- weight: 3. Members come and go; the list of members, kept out of line, is not touched.
\set i random(0, 159)
\set r random(1, 1000000)
update cooperative set member_count = 100 + :r % 50, women_members = :r % 90, rating = (:r % 51) / 10.0, revenue_million = :r / 7.0, updated_at = clock_timestamp()
where coop_tax_code = (select coop_tax_code from cooperative where coop_tax_code not in (select key[1] from seeded_bad) order by coop_tax_code offset :i limit 1);
