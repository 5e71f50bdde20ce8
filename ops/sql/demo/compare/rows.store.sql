-- What the shared store holds of a dataset, as rows.source.sql writes it.
select array[:key]::text collate "C", md5(row(:columns)::text)
from shared.:view
order by 1;
