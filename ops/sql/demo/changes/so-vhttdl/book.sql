-- weight: 1. A title is weeded, another comes.
\set i random(3, 300)
delete from library_catalogue where biblio_id = 100000 + :i;
insert into library_catalogue (biblio_id, record_uuid, title, language, copies) select 200000 + nextval('demo_number'), gen_random_uuid(), 'Sách mẫu mới', 'vie', 3 on conflict do nothing;
