-- weight: 1. A branch that was a household becomes one again: its key is a person's number, and nothing of it is public.
\set n random(10, 89)
\set m random(0, 99)
update business set enterprise_code = id, parent_code = null, is_household = true, entity_type = 'HOUSEHOLD', changed_at = clock_timestamp()
from (select format('0041%s9999%s', lpad(:n::text, 2, '0'), lpad(:m::text, 2, '0')) as id offset 0) as new
where enterprise_code = (select enterprise_code from business where enterprise_code between '4899999031-200' and '4899999031-899' order by enterprise_code limit 1)
  and not exists (select from business as taken where taken.enterprise_code = id);
