-- weight: 2. A procedure is repealed, or in force again: it leaves the public list and comes back.
\set i random(0, 119)
update admin_procedure set state = case state when 'repealed' then 'in_force' else 'repealed' end,
    repealed_on = case when state <> 'repealed' then greatest(effective_on, current_date) end, updated_at = clock_timestamp()
where procedure_code like (1 + :i % 3) || '.' || lpad((1193 + :i * 37)::text, 6, '0') || '%';
