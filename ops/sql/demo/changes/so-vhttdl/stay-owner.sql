-- weight: 2. A family sells its house to a firm, or buys it back: address and phone are shown, and not.
\set i random(0, 179)
update tourism_accommodation
set (owner_kind, owner_name, owner_code) = (select case owner_kind when 'household' then 'enterprise' else 'household' end, case owner_kind when 'household' then 'CÔNG TY MẪU' else 'Lý Thị Mẫu' end, case owner_kind when 'household' then '4899999017' else '004185999904' end),
    updated_at = clock_timestamp()
where establishment_code = (select establishment_code from tourism_accommodation where establishment_code not in (select key[1] from seeded_bad) order by establishment_code offset :i limit 1);
