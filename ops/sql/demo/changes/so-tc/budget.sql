-- weight: 4. A line of the budget or a price is approved or withdrawn: public, and not.
\set i random(1, 240)
\set r random(1, 1000000)
update public_asset_budget set approved = not approved, decision_no = coalesce(decision_no, '88/QĐ-UBND'), executed_vnd = :r, updated_at = clock_timestamp()
where entry_kind in ('budget', 'price') and right(asset_code, 4) = lpad(:i::text, 4, '0') and asset_code not in (select key[1] from seeded_bad);
