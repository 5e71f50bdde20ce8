-- weight: 6. The state of some business changes.
\set h random(0, 9)
\set n random(1, 170)
\set r random(1, 1000000)
update business set status = (array['active', 'suspended', 'dissolving', 'dissolved', 'revoked'])[1 + :r % 5]::biz_status, change_no = change_no + 1, changed_at = clock_timestamp()
where enterprise_code = (select enterprise_code from business where enterprise_code >= '48999990' || :h || '1-' || lpad(:n::text, 3, '0')
                         and enterprise_code not in (select key[1] from seeded_bad) order by enterprise_code limit 1);
