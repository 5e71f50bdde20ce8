-- What the open store must hold of `disaster-warning`: every point with its warning.
select point_code, kind, place_vi, commune_code, lon, lat, radius_m, risk_level, households_at_risk, rain_threshold_mm,
       warning_state, warning_vi, issued_at, valid_until, shelter_vi, repeats_after, hotline, last_event_on
from dept.disaster_point
where array[point_code::text] not in (select key from dept.seeded_bad where dataset = 'disaster-warning')
order by point_code collate "C";
