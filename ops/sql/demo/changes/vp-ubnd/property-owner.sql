-- weight: 1. A right passes from an organisation to a person and back; the clerk leaves the old name where it was.
\set i random(0, 119)
update intellectual_property set owner_kind = case owner_kind when 'O' then 'P' else 'O' end, owner_org = coalesce(owner_org, 'Hợp tác xã Mẫu'), owner_person = coalesce(owner_person, 'Nông Văn Mẫu'), updated_at = clock_timestamp()
where ip_no like '%-' || lpad(:i::text, 5, '0');
