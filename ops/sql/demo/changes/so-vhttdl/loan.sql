-- weight: 4. Books go out and come back.
\set i random(1, 300)
\set r random(1, 1000000)
update library_catalogue set copies_in = :r % (copies + 1), updated_at = clock_timestamp() where biblio_id = 100000 + :i;
