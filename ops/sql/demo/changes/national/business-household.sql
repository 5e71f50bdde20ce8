-- weight: 1. A branch is taken for a household's and put right later: in and out of the public list, under one key.
\set h random(0, 9)
\set n random(1, 170)
update business set is_household = not is_household, change_no = change_no + 1, changed_at = clock_timestamp()
where enterprise_code = (select enterprise_code from business where enterprise_code like '__________-___' and enterprise_code >= '48999990' || :h || '1-' || lpad(:n::text, 3, '0')
                         and enterprise_code not in (select key[1] from seeded_bad) order by enterprise_code limit 1);
