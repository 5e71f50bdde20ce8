-- What the shared store must hold of a dataset: every row of the source, less the seeded bad ones. One line each: key,
-- tab, digest of every value as text.
select array[:key]::text collate "C", md5(row(:columns)::text)
from :table
where array[:key] not in (select key from dept.seeded_bad where dataset = :'dataset')
order by 1;
