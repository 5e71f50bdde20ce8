-- What the open store must hold of `tourism-accommodation`: places that are in business; a household's address and
-- phone are its own.
select establishment_code, name_vi, kind, class, rooms,
       case when owner_kind <> 'household' then address_text end as address_text, case when owner_kind <> 'household' then phone end as phone, owner_kind
from dept.tourism_accommodation
where state not in ('applied', 'closed')
  and array[establishment_code::text] not in (select key from dept.seeded_bad where dataset = 'tourism-accommodation')
order by establishment_code collate "C";
