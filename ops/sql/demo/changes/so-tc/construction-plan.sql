-- weight: 3. The same with a plan of construction: its outline has to be read again to become public.
\set i random(0, 149)
update construction_planning
set state = (case when state in ('approved', 'replaced') then 'drafting' else 'approved' end)::plan_state,
    approving_agency = coalesce(approving_agency, 'H14.35'), decision_no = coalesce(decision_no, '66/QĐ-UBND'), decided_on = coalesce(decided_on, '2026-02-02'), updated_at = clock_timestamp()
where plan_code = (select plan_code from construction_planning where plan_code not in (select key[1] from seeded_bad) order by plan_code offset :i limit 1);
