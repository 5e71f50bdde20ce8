-- What the open store must hold of `agri-production`: the OCOP products of organisations, never of households.
select record_no, product_vi, producer_name, stars
from dept.agri_record
where record_kind = 'ocop' and producer_kind = 'organisation'
  and array[record_no::text] not in (select key from dept.seeded_bad where dataset = 'agri-production')
order by record_no collate "C";
