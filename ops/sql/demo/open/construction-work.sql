-- What the open store must hold of `construction-work`: all works.
select work_code, name_vi, work_class, commune_code, status
from dept.construction_work
where array[work_code::text] not in (select key from dept.seeded_bad where dataset = 'construction-work')
order by work_code collate "C";
