-- weight: 2. A diagnosis is corrected months later.
\set i random(0, 299)
update ehr_encounter set diagnosis_main = case diagnosis_main when 'I10' then 'I11.9' else 'I10' end, discharge_note = 'Đính chính lần ' || :i, updated_at = clock_timestamp() where encounter_id = md5('mẫu ' || :i)::uuid;
