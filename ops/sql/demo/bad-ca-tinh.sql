-- Rows that break a rule, each with the code that it must be parked under.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

create temp table bad (camera_code text, purpose text[], rtsp_url text, retention_days smallint, has_face_recognition boolean, code text, why text);
insert into bad values
    ('CB-CAM-9001', '{security}', 'rtsp://admin:123@10.9.8.7/', 30, false, 'E_SECRET', 'a password in an address'),
    ('CB-CAM-9002', '{security}', null, 365, false, 'E_RANGE', 'pictures kept for a year'),
    ('CB-CAM-9003', '{security}', null, 30, true, 'E_REQUIRED', 'recognises faces without a legal basis'),
    ('CB-CAM-9004', '{security,"an ninh"}', null, 30, false, 'E_CODELIST', 'a purpose that is none'),
    ('CAM 9005', '{traffic}', null, 30, false, 'E_FORMAT', 'not the code of a camera');
insert into camera (camera_code, owner_agency, purpose, commune_code, rtsp_url, retention_days, has_face_recognition)
select camera_code, 'H14.CA', purpose, '01273', rtsp_url, retention_days, has_face_recognition from bad;
insert into seeded_bad select 'surveillance-camera', array[camera_code], code, why from bad;
