-- What the open store must hold of `investment-project`: projects of organisations that were decided on.
select project_code, name_vi, capital_kind, project_group, investor_name, total_capital_vnd, state_capital_vnd, commune_codes, starts_on, finishes_on, status
from dept.investment_project
where investor_kind <> 'individual' and status <> 'proposed'
  and array[project_code::text] not in (select key from dept.seeded_bad where dataset = 'investment-project')
order by project_code collate "C";
