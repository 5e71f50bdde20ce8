-- weight: 4. A place turns out to be plundered, or is guarded now: it is rounded, its zone withheld, or shown again. The zone, kept out of line, is not in the change.
\set i random(2, 241)
update heritage set location_sensitive = not location_sensitive, updated_at = clock_timestamp() where heritage_code = 'CB-DT-' || lpad(:i::text, 4, '0');
