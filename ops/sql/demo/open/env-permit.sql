-- What the open store must hold of `env-permit`: what is permitted to whom, without the owner.
select permit_no, facility, scope, valid_to
from dept.env_permit
where array[permit_no::text] not in (select key from dept.seeded_bad where dataset = 'env-permit')
order by permit_no collate "C";
