-- weight: 1. A record is deleted.
\set i random(0, 2999)
delete from procedure_record where record_code like '%-' || lpad(:i::text, case when :i % 2 = 0 then 5 else 4 end, '0');
