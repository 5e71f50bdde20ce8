-- weight: 3. A plot whose outline is kept out of line is touched elsewhere: the change does not carry the outline.
\set n random(0, 249)
update forest_plot set timber_m3 = :n + 0.25, species = 'Hồi mẫu :n', updated_at = clock_timestamp()
where (compartment, sub_compartment, plot) = (select compartment, sub_compartment, plot from forest_plot where sub_compartment = 6 and plot like '5%' and compartment < '900' order by compartment offset :n % 8 limit 1);
