-- weight: 1. A household becomes a branch: its key changes, and it is no longer personal data.
\set n random(200, 899)
update business set enterprise_code = '4899999031-' || lpad(:n::text, 3, '0'), parent_code = '4899999031', is_household = false, entity_type = 'BRANCH', changed_at = clock_timestamp()
where enterprise_code = (select enterprise_code from business where is_household order by enterprise_code limit 1)
  and not exists (select from business where enterprise_code = '4899999031-' || lpad(:n::text, 3, '0'));
