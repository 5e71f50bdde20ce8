-- What the open store must hold of `museum-artefact`: what it is and how it looks.
select artefact_no, name_vi, period_text, image
from dept.museum_artefact
where array[artefact_no::text] not in (select key from dept.seeded_bad where dataset = 'museum-artefact')
order by artefact_no collate "C";
