-- weight: 1. A household moves away.
\set i random(0, 299)
delete from ethnic_household where household_code like '%-DT-' || lpad(:i::text, 5, '0');
