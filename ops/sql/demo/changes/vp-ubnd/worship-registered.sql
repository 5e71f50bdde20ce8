-- weight: 2. A place of worship is registered, or no longer is.
\set i random(0, 199)
update worship_establishment set is_registered = not is_registered, registered_on = coalesce(registered_on, current_date - 1), lon = coalesce(lon, 106.1), lat = coalesce(lat, 22.7), updated_at = clock_timestamp()
where site_code = 'CB-TN-' || lpad(:i::text, 4, '0');
