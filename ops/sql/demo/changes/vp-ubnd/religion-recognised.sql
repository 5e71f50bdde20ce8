-- weight: 2. An organisation is recognised or dissolved.
\set i random(0, 79)
update religious_organisation set status = case status when 'recognised' then 'dissolved' else 'recognised' end,
    recognition_no = coalesce(recognition_no, '66/QĐ-UBND'), recognised_on = coalesce(recognised_on, current_date - 1), updated_at = clock_timestamp()
where org_code = 'CB-TG-' || lpad(:i::text, 4, '0');
