-- weight: 1. A camera is installed.
insert into camera (camera_code, owner_agency, purpose, commune_code, ip, mac, resolution, retention_days, installed_on, last_seen)
select 'CB-CAM-' || (100000 + nextval('demo_number')), 'H14.CA', '{traffic}', '01273', '10.9.8.7', '08:00:2b:01:02:03', '{1920,1080}', 30, current_date, clock_timestamp() on conflict do nothing;
