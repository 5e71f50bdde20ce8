-- weight: 3. An act is signed.
insert into notarial_act (act_no, act_kind, office_no, notary_licence, signed_at, party_ids, party_names, asset_kind, asset_ref, asset_commune, value_vnd, notary_fee_vnd, status)
select 'CC-05-2026-' || lpad(nextval('demo_number')::text, 5, '0'), 'transfer', '05', 'CCV-0007', clock_timestamp(), array['004085999904'], array['Đàm Thị Mẫu'], 'land', 'CB 999999', '01273', 250000000, 500000, 'effective'
on conflict do nothing;
