-- weight: 3. A plan goes back to its authors or is approved; its outline, kept out of line, is not touched.
\set i random(0, 99)
update planning
set status = case when status in ('drafting', 'appraising') then 'approved' else 'appraising' end,
    decision_no = coalesce(decision_no, '99/QĐ-TTg'), decided_on = coalesce(decided_on, published_on, '2026-01-02'), period = coalesce(period, '[2026-01-01,2031-01-01)'), updated_at = clock_timestamp()
where plan_code = (select plan_code from planning where plan_code not in (select key[1] from seeded_bad) order by plan_code offset :i limit 1);
