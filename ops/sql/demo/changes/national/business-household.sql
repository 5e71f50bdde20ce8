-- weight: 1. A company is taken for a household and put right later: in and out of the public list, under one key.
\set n random(0, 85)
update business set is_household = not is_household, change_no = change_no + 1, changed_at = clock_timestamp()
where enterprise_code = (select enterprise_code from business where enterprise_code like '__________' and enterprise_code >= '4899999' || lpad(:n::text, 2, '0')
                         and enterprise_code not in (select key[1] from seeded_bad) order by enterprise_code limit 1);
