-- weight: 2. A plot is felled and gone, and planted again under its number.
\set c random(100, 107)
\set s random(1, 5)
\set p random(1, 4)
begin;
delete from forest_plot where compartment = :c::text and sub_compartment = :s and plot = :p::text;
insert into forest_plot (compartment, sub_compartment, plot, commune_code, forest_purpose, forest_type, origin, species, planted_year, area_m2, geom_wkt, srid, owner_kind)
values (:c::text, :s, :p::text, '01273', 'RSX', 'RTG', 'planted', 'Keo', 2026, 10000 + 100 * :p, format('POLYGON((500000 2480000,%s 2480000,%s 2480100,500000 2480100,500000 2480000))', 500100 + :p, 500100 + :p), 9210, 'household') on conflict do nothing;
commit;
