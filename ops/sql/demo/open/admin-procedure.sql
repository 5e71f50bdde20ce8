-- What the open store must hold of `admin-procedure`: procedures for citizens that are not repealed.
\ir ../named-keys.sql
select procedure_code, name_vi, field_vi, level, decision_no, effective_on, state, online_level, working_hours, fee_vnd, target_groups, legal_basis, steps_vi,
       pg_temp.named_keys(documents_needed, '{name,copies,form}') as documents_needed, portal_url
from dept.admin_procedure
where not is_internal and state <> 'repealed'
  and array[procedure_code::text] not in (select key from dept.seeded_bad where dataset = 'admin-procedure')
order by procedure_code collate "C";
