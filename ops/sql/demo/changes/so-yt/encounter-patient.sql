-- weight: 1. An encounter was written under another person's number: its key changes.
\set i random(0, 299)
update ehr_encounter set patient_id = case patient_id when '004083999999' then '004183999998' else '004083999999' end, updated_at = clock_timestamp() where encounter_id = md5('mẫu ' || :i)::uuid;
