-- weight: 1. An encounter is erased.
\set i random(0, 299)
delete from ehr_encounter where encounter_id = md5('mẫu ' || :i)::uuid;
