-- What the open store must hold of `library-catalogue`: all titles.
select biblio_id, record_uuid, isbn, title, authors, publisher, published_year, language, classification, subjects, pages, copies, copies_in, audio_length, digital_url, added_at
from dept.library_catalogue
where array[biblio_id::text] not in (select key from dept.seeded_bad where dataset = 'library-catalogue')
order by biblio_id::text collate "C";
