-- weight: 3. A permit passes from a person to a firm or back.
\set i random(1, 250)
update construction_permit
set (applicant_kind, applicant_name, applicant_id) = (select case applicant_kind when 'individual' then 'organisation' else 'individual' end, case applicant_kind when 'individual' then 'CÔNG TY TNHH MẪU' else 'Lý Thị Mẫu' end,
                                                             case applicant_kind when 'individual' then '4899999017' else '004185999904' end), updated_at = clock_timestamp()
where permit_no = (select permit_no from construction_permit where permit_no not in (select key[1] from seeded_bad) order by permit_no offset :i - 1 limit 1);
