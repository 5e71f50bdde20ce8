-- weight: 2. Branches open, one transaction for three.
begin;
insert into business (enterprise_code, name_vi, entity_type, status, founded_on, head_commune, main_industry, industries, parent_code)
select '4899999056-' || lpad((200 + nextval('demo_number') % 700)::text, 3, '0'), 'CHI NHÁNH MẪU MỚI', 'BRANCH', 'active', current_date - 1, '01558', '47110', '{47110}', '4899999056'
from generate_series(1, 3) on conflict do nothing;
commit;
