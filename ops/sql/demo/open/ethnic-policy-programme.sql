-- What the open store must hold of `ethnic-policy-programme`: every row.
select project_code, name_vi, commune_code, budget_million, progress_percent
from dept.ethnic_programme
where array[project_code::text] not in (select key from dept.seeded_bad where dataset = 'ethnic-policy-programme')
order by project_code collate "C";
