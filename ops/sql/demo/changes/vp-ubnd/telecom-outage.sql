-- weight: 1. A site is down, or up again.
\set i random(0, 239)
update telecom_site set status = case status when 'live' then 'down' else 'live' end, lon = coalesce(lon, 106.1), lat = coalesce(lat, 22.7), coverage_class = coalesce(coverage_class, 'C'),
    last_outage = case when status = 'live' then tstzrange(now(), null) else tstzrange(now() - interval '1 hour', now()) end, updated_at = clock_timestamp()
where site_code like 'CBG' || lpad(:i::text, 4, '0') || '%';
