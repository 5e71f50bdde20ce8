-- What the open store must hold of `shared-code-lists`: every row.
\ir ../named-keys.sql
select list_id, code, parent_code, name_vi, name_en, short_name, level, sort_no, decision_no, valid_from, valid_to, replaced_by, pg_temp.named_keys(attributes, '{kind,to}') as attributes
from dept.shared_code
where array[list_id::text, code::text] not in (select key from dept.seeded_bad where dataset = 'shared-code-lists')
order by list_id collate "C", code collate "C";
