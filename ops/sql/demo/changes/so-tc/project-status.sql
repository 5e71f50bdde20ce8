-- weight: 5. A project is decided on, goes on, or falls back to a proposal: the row becomes public and ceases to be.
\set i random(0, 239)
\set r random(1, 1000000)
update investment_project
set status = (array['proposed', 'approved', 'in_progress', 'suspended', 'completed', 'terminated'])[1 + :r % 6],
    decision_no = coalesce(decision_no, :r % 9000 + 1 || '/QĐ-UBND'), decided_on = coalesce(decided_on, current_date - 1),
    disbursed_vnd = round(total_capital_vnd * (:r % 100) / 100), updated_at = clock_timestamp()
where project_code = '7' || lpad((999000 + :i)::text, 6, '0') or project_code = '99' || lpad(:i::text, 8, '0');
