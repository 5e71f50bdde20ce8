-- weight: 2. A project goes from a firm to a person or back: what was public is a person's now.
\set i random(0, 239)
update investment_project
set (investor_kind, investor_name) = (select case investor_kind when 'individual' then 'enterprise' else 'individual' end, case investor_kind when 'individual' then 'CÔNG TY TNHH MẪU MUA LẠI' else 'Nông Văn Mẫu' end),
    updated_at = clock_timestamp()
where project_code = '99' || lpad(:i::text, 8, '0');
