-- weight: 1. A project is struck off.
delete from investment_project where project_code = (select project_code from investment_project where project_code like '97%' or project_code like '98%' order by project_code limit 1);
