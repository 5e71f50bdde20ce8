-- weight: 2. A patient recovers, a case is confirmed or discarded.
\set i random(0, 199)
update communicable_case set outcome = 'recovered', outcome_on = coalesce(outcome_on, onset_on + 20, current_date),
    classification = (case classification when 'confirmed' then 'discarded' else 'confirmed' end)::case_class, confirmed_on = coalesce(confirmed_on, onset_on + 2, current_date - 1), updated_at = clock_timestamp()
where case_no like '%-' || lpad(:i::text, 4, '0');
