-- weight: 1. A petition is accepted, then decided.
\set i random(0, 149)
update citizen_complaint set state = case state when 'accepted' then 'decided' else 'accepted' end, handling_agency = coalesce(handling_agency, 'H14.12'),
    accepted_on = coalesce(accepted_on, received_on + 3), due_on = coalesce(due_on, received_on + 33), decided_on = coalesce(decided_on, received_on + 30),
    decision_no = coalesce(decision_no, '77/QĐ-UBND'), outcome = coalesce(outcome, 'partly'), updated_at = clock_timestamp()
where petition_no like '%-2026-' || lpad(:i::text, 5, '0');
