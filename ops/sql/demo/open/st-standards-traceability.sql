-- What the open store must hold of `st-standards-traceability`: every row, without the inspector.
select cert_no, kind, standard_no, product_vi, holder_name, holder_tax_code, commune_code, gtin, trace_url, instrument_serial, error_percent, error_allowed_percent,
       passed, issued_on, valid_to, status
from dept.standard_certificate
where array[cert_no::text] not in (select key from dept.seeded_bad where dataset = 'st-standards-traceability')
order by cert_no collate "C";
