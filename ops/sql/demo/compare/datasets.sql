-- The active datasets, one line each, tab between: dataset, owner, source, table, its view in the stores, the key and the
-- columns as texts. Names only, from the contracts; what the rows must be is computed without them.
-- $CONTRACTS_JSON: a file with what `bangioc contract list --output json` prints.
\set contracts `cat "$CONTRACTS_JSON"`
select d ->> 'dataset', d ->> 'owner', d ->> 'source', d ->> 'table', replace(d ->> 'dataset', '-', '_'),
       (select string_agg(format('%I::text', name), ', ' order by place) from json_array_elements_text(d -> 'key') with ordinality as k (name, place)),
       (select string_agg(format('%I::text', value ->> 'name'), ', ' order by place) from json_array_elements(d -> 'columns') with ordinality as c (value, place))
from json_array_elements(:'contracts'::json) as d
where (d ->> 'active')::boolean and d -> 'table' is not null
order by 1;
