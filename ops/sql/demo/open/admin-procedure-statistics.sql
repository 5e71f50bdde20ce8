-- What the open store must hold of `admin-procedure-statistics`: every row.
select procedure_code, agency_code, day, received, received_online, finished, on_time, late, mean_working_hours
from dept.admin_procedure_statistics
where array[procedure_code::text, agency_code::text, day::text] not in (select key from dept.seeded_bad where dataset = 'admin-procedure-statistics')
order by procedure_code collate "C", agency_code collate "C", day::text collate "C";
