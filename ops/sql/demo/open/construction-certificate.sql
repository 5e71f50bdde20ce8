-- What the open store must hold of `construction-certificate`: all of them, without their holders.
select certificate_no, fields, class, valid_to
from dept.construction_certificate
where array[certificate_no::text] not in (select key from dept.seeded_bad where dataset = 'construction-certificate')
order by certificate_no collate "C";
