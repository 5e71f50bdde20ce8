-- What the open store must hold of `public-asset-budget`: approved lines of the budget and prices, no assets.
select asset_code, entry_kind, agency_code, name_vi, fiscal_year, chapter_code, item_code, planned_vnd, executed_vnd, unit, unit_price_vnd, effective, decision_no
from dept.public_asset_budget
where approved and entry_kind <> 'asset'
  and array[asset_code::text] not in (select key from dept.seeded_bad where dataset = 'public-asset-budget')
order by asset_code collate "C";
