-- What the open store must hold of `st-research-task`: every row, without people and money.
select task_no, title_vi, field_code, host_org, status, result_summary, year
from dept.research_task
where array[task_no::text] not in (select key from dept.seeded_bad where dataset = 'st-research-task')
order by task_no collate "C";
