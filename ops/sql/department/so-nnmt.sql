-- The database of the Department of Agriculture and Environment, as its vendor made it: loose on
-- purpose. Generated columns are not carried by logical decoding; contracts leave them out.
create schema dept;
set search_path = dept;
\ir commune.sql

create type parcel_status as enum ('active', 'split', 'merged', 'cancelled');
create table land_parcel (
    commune_code       commune_code not null,
    map_sheet_no       integer not null,
    parcel_no          integer not null,
    land_type          varchar(3) not null,
    land_types_mixed   text[],
    area_m2            numeric(12, 1) not null,
    geom_wkt           text,
    srid               integer not null default 9210,
    address_text       varchar(250),
    parent_parcels     text[],
    status             parcel_status not null default 'active',
    holder_ids         text[],
    certificate_serial varchar(20),
    surveyed_on        date,
    note               text,
    parcel_label       text generated always as (map_sheet_no::text || '-' || parcel_no::text) stored,
    updated_at         timestamptz not null default now(),
    primary key (commune_code, map_sheet_no, parcel_no));
-- Out of line and uncompressed, so that a long outline really is left out of an update that does not touch it.
alter table land_parcel alter column geom_wkt set storage external;

create table env_station (
    station_code  varchar(20) primary key,
    name_vi       text not null,
    kind          varchar(10) not null,
    commune_code  commune_code not null,
    lon           double precision not null,
    lat           double precision not null,
    operator      text,
    datalogger_ip inet,
    params        text[] not null,
    active        boolean not null default true);

-- No primary key: inserts only. An update or a delete would fail once the table is published.
create table env_observation (
    station_code varchar(20) not null,
    param_code   varchar(12) not null,
    observed_at  timestamptz not null,
    value        double precision,
    unit         varchar(12) not null,
    status       char(2) not null,
    validated    boolean not null default false,
    received_at  timestamptz not null default clock_timestamp(),
    raw_line     text
) partition by range (observed_at);

-- The half-years around today.
select format('create table env_observation_%sh%s partition of env_observation for values from (%L) to (%L)',
              extract(year from start), case when extract(month from start) = 1 then 1 else 2 end,
              to_char(start, 'YYYY-MM-DD') || ' 00:00+07', to_char(start + interval '6 months', 'YYYY-MM-DD') || ' 00:00+07')
from generate_series(
    date_trunc('year', now()::timestamp) - interval '6 months',
    date_trunc('year', now()::timestamp) + interval '12 months',
    interval '6 months') as start \gexec
