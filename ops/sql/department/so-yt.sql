-- The database of the Department of Health.
create schema dept;
set search_path = dept;
\ir commune.sql

create table health_facility (
    facility_code      char(5) primary key,
    name_vi            text not null,
    class              smallint,
    kind               varchar(20) not null,
    commune_code       commune_code not null,
    address_text       text,
    lon                double precision,
    lat                double precision,
    beds               smallint,
    departments        text[],
    opening            jsonb,
    emergency_24h      boolean not null default false,
    licence_no         varchar(40),
    licence_valid_to   date,
    responsible_person varchar(100),
    hotline            varchar(15),
    updated_at         timestamptz default now());
