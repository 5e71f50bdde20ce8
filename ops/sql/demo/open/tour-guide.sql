-- What the open store must hold of `tour-guide`: cards, not persons.
select card_no, card_kind, valid_to
from dept.tour_guide
where array[card_no::text] not in (select key from dept.seeded_bad where dataset = 'tour-guide')
order by card_no collate "C";
