-- What the open store must hold of `forest-resource`: type and area of every plot, without its owner.
-- Without the column `geometry`: how an outline becomes WGS 84 is compared elsewhere.
select compartment, sub_compartment, plot, forest_type, area_m2
from dept.forest_plot
where array[compartment::text, sub_compartment::text, plot::text] not in (select key from dept.seeded_bad where dataset = 'forest-resource')
order by compartment collate "C", sub_compartment::text collate "C", plot collate "C";
