-- weight: 1. A place is struck off; another is registered.
\set i random(0, 179)
delete from tourism_accommodation where establishment_code = (select establishment_code from tourism_accommodation where establishment_code not in (select key[1] from seeded_bad) order by establishment_code offset :i limit 1);
insert into tourism_accommodation (establishment_code, name_vi, kind, rooms, beds, commune_code, address_text, phone, owner_kind, owner_name, state)
select 'CB-LT-' || 1000 + nextval('demo_number') % 7000, 'Homestay mẫu mới', 'homestay', 4, 9, '01501', 'Xóm Mẫu', '+84206000009', 'household', 'Lý Thị Mẫu', 'open' on conflict do nothing;
