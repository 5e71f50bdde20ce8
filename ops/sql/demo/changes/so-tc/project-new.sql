-- weight: 2. A proposal comes in, and is taken back or approved at once.
\set r random(1, 1000000)
begin;
insert into investment_project (project_code, name_vi, capital_kind, investor_kind, investor_name, commune_codes, total_capital_vnd, status)
select '97' || lpad(nextval('demo_number')::text, 8, '0'), 'Dự án mẫu mới :r', 'domestic', 'enterprise', 'CÔNG TY MẪU MỚI', '{01273}', 20000000 + :r, 'proposed' on conflict do nothing;
update investment_project set status = 'approved', decision_no = '5/QĐ-UBND', decided_on = current_date - 1, updated_at = clock_timestamp()
where :r % 2 = 0 and project_code = '97' || lpad(currval('demo_number')::text, 8, '0');
commit;
