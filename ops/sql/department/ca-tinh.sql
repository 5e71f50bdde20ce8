-- The database of the Provincial Police: the register of cameras.
create schema dept;
set search_path = dept;
\ir commune.sql

create table camera (
    camera_code          varchar(20) primary key,
    owner_agency         varchar(20) not null,
    purpose              text[] not null,
    commune_code         commune_code not null,
    place_text           text,
    lon                  double precision,
    lat                  double precision,
    azimuth_deg          smallint,
    fov_deg              smallint,
    model                varchar(60),
    serial_no            varchar(60),
    ip                   inet,
    mac                  macaddr,
    rtsp_url             text,
    credential_ref       varchar(80),
    resolution           int[],
    retention_days       smallint,
    has_face_recognition boolean not null default false,
    installed_on         date,
    status               varchar(12) not null default 'online',
    last_seen            timestamptz,
    contact_phone        varchar(15),
    legal_basis          text);
-- last_seen is written every few seconds: only with the whole old row can a reader see that nothing else changed.
alter table camera replica identity full;
