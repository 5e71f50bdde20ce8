-- What the open store must hold of `st-intellectual-property`: what the national office has published, and an owner
-- only where it is an organisation.
select ip_no, kind, title, case when owner_kind is distinct from 'P' then owner_org end as owner_org, status, valid_to
from dept.intellectual_property
where status not in ('filed', 'refused')
  and array[ip_no::text] not in (select key from dept.seeded_bad where dataset = 'st-intellectual-property')
order by ip_no collate "C";
