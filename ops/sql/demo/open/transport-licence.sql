-- What the open store must hold of `transport-licence`: those of firms and cooperatives.
select licence_no, operator_name, routes
from dept.transport_licence
where operator_kind <> 'household'
  and array[licence_no::text] not in (select key from dept.seeded_bad where dataset = 'transport-licence')
order by licence_no collate "C";
