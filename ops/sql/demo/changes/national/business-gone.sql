-- weight: 1. A branch is closed for good.
\set n random(200, 899)
delete from business where enterprise_code = (select enterprise_code from business where enterprise_code >= '4899999056-' || lpad(:n::text, 3, '0') and enterprise_code < '4899999056-900' order by enterprise_code limit 1);
