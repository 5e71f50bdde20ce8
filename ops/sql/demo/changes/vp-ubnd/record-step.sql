-- weight: 8. A record goes a step further.
\set i random(0, 2999)
update procedure_record set step_no = step_no % 20 + 1, updated_at = clock_timestamp(),
    state = (case state when 'received' then 'processing' when 'processing' then 'supplement' when 'supplement' then 'transferred' when 'transferred' then 'approved' when 'approved' then 'returned' else 'received' end)::record_state,
    finished_at = case when state = 'transferred' then clock_timestamp() else finished_at end, rating = case when state = 'approved' then 5 end
where record_code like '%-' || lpad(:i::text, case when :i % 2 = 0 then 5 else 4 end, '0');
