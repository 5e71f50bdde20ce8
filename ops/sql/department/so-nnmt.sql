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

-- ---- land --------------------------------------------------------------------------------------------
create table land_use_right (
    certificate_serial varchar(20) primary key,
    book_no            varchar(20),
    commune_code       commune_code,
    map_sheet_no       integer,
    parcel_no          integer,
    holder_kind        varchar(12),
    holder_ids         text[],
    holder_names       text[],
    land_type          varchar(3),
    right_origin       varchar(20),
    area_m2            numeric(12, 1),
    issued_on          date,
    term_until         date,
    is_mortgaged       boolean not null default false,
    mortgage_bank      varchar(200),
    status             varchar(12),
    updated_at         timestamptz not null default now());

create table land_use_plan_zone (
    plan_code    varchar(30) not null,
    zone_no      integer not null,
    land_type    varchar(3) not null,
    period       daterange not null,
    decision_no  varchar(40) not null,
    decided_on   date not null,
    area_ha      numeric(12, 2),
    geom_geojson jsonb not null,
    primary key (plan_code, zone_no));

create table land_price (
    decision_no   varchar(40) not null,
    segment_code  varchar(30) not null,
    land_type     varchar(3) not null,
    position_no   smallint not null,
    commune_code  commune_code not null,
    street_vi     text not null,
    segment_from  text,
    segment_to    text,
    price_vnd_m2  numeric(18, 0) not null,
    coefficient   numeric(6, 3),
    effective     daterange not null,
    amended_by    varchar(40),
    primary key (decision_no, segment_code, land_type, position_no));

create table land_statistics (
    year                     smallint not null,
    commune_code             commune_code not null,
    land_type                varchar(3) not null,
    survey_kind              varchar(10),
    area_ha                  numeric(14, 2),
    area_previous_ha         numeric(14, 2),
    increase_ha              numeric(12, 2),
    decrease_ha              numeric(12, 2),
    used_by_households_ha    numeric(14, 2),
    used_by_organisations_ha numeric(14, 2),
    map_scale                integer,
    reported_on              date,
    approved_no              varchar(40),
    updated_at               timestamptz not null default now(),
    primary key (year, commune_code, land_type));

-- ---- environment -------------------------------------------------------------------------------------
create table env_permit (
    permit_no         varchar(40) primary key,
    facility          varchar(300),
    enterprise_code   varchar(14),
    owner_name        varchar(200),
    owner_phone       varchar(15),
    commune_code      commune_code,
    project_group     varchar(3),
    scope             text[],
    wastewater_m3_day numeric(10, 1),
    emission_m3_hour  numeric(12, 1),
    limits            jsonb,
    receiving_body    varchar(200),
    issued_on         date,
    valid_to          date,
    status            varchar(12),
    inspected_on      date,
    updated_at        timestamptz not null default now());

create table water_licence (
    licence_no    varchar(40) primary key,
    source_kind   varchar(10),
    source_name   varchar(200),
    commune_code  commune_code,
    holder_name   varchar(300),
    holder_code   varchar(14),
    purpose       text[],
    volume_m3_day numeric(12, 1),
    volume_class  smallint,
    well_depth_m  real,
    intake_lon    numeric(9, 6),
    intake_lat    numeric(9, 6),
    min_flow_m3_s numeric(10, 3),
    valid         daterange,
    fee_vnd       numeric(18, 0),
    updated_at    timestamptz not null default now());

create table mineral_licence (
    licence_no      varchar(40) primary key,
    licence_kind    varchar(12),
    mineral         varchar(20),
    mine_name       varchar(200),
    commune_code    commune_code,
    holder_code     varchar(14),
    area_ha         numeric(10, 2),
    geom_wkt        text,
    reserve_t       numeric(18, 1),
    yearly_output_t numeric(14, 1),
    near_border     boolean not null,
    issued_on       date,
    valid_to        date,
    closed_on       date,
    deposit_vnd     numeric(18, 0),
    updated_at      timestamptz not null default now());
create unique index mineral_licence_identity on mineral_licence (licence_no, near_border);
alter table mineral_licence replica identity using index mineral_licence_identity;

create type biodiversity_kind as enum ('reserve', 'landscape', 'corridor', 'wetland', 'species_point');
create table biodiversity_area (
    area_code            varchar(20) primary key,
    name_vi              varchar(200),
    kind                 biodiversity_kind,
    commune_codes        text[],
    area_ha              numeric(12, 2),
    species_latin        varchar(100),
    iucn_status          char(2),
    individuals_estimate int4range,
    lon                  numeric(9, 6),
    lat                  numeric(9, 6),
    location_sensitive   boolean not null default false,
    boundary_wkt         text,
    srid                 integer,
    boundary_m2          numeric(14, 1),
    ranger_station       varchar(200),
    surveyed_on          date,
    updated_at           timestamptz not null default now());

create type disaster_kind as enum ('landslide', 'flash_flood', 'flood', 'storm', 'severe_cold');
create table disaster_point (
    point_code         varchar(20) primary key,
    kind               disaster_kind,
    place_vi           varchar(250),
    commune_code       commune_code,
    lon                double precision,
    lat                double precision,
    radius_m           integer,
    risk_level         smallint,
    households_at_risk integer,
    rain_threshold_mm  numeric(6, 1),
    warning_state      varchar(10),
    warning_vi         text,
    issued_at          timestamptz,
    valid_until        timestamptz,
    shelter_vi         varchar(250),
    repeats_after      interval,
    hotline            varchar(15),
    last_event_on      date,
    updated_at         timestamptz not null default now());

-- ---- forests, agriculture, poverty -------------------------------------------------------------------
create table forest_plot (
    compartment     varchar(6) not null,
    sub_compartment smallint not null,
    plot            varchar(6) not null,
    commune_code    commune_code,
    forest_purpose  varchar(3),
    forest_type     varchar(6),
    origin          varchar(10),
    species         varchar(100),
    planted_year    smallint,
    area_m2         numeric(14, 1),
    geom_wkt        text,
    srid            integer,
    timber_m3       numeric(12, 2),
    canopy          real,
    owner_kind      varchar(12),
    owner_name      varchar(200),
    owner_id        varchar(14),
    service_fee_vnd numeric(18, 0),
    change_alert_on date,
    updated_at      timestamptz not null default now(),
    primary key (compartment, sub_compartment, plot));
-- Out of line and uncompressed: a long outline is left out of an update that does not touch it.
alter table forest_plot alter column geom_wkt set storage external;

create table agri_record (
    record_no        varchar(20) primary key,
    record_kind      varchar(10) not null,
    commune_code     commune_code,
    product_vi       varchar(200),
    producer_kind    varchar(12) not null,
    producer_name    varchar(300),
    producer_code    varchar(14),
    season           varchar(12),
    area_ha          numeric(10, 2),
    yield_t          numeric(12, 2),
    head_count       integer,
    vaccinated       integer,
    stars            smallint,
    recognised_no    varchar(40),
    recognised_until date,
    grown_code       varchar(30),
    updated_at       timestamptz not null default now());
create unique index agri_record_identity on agri_record (record_no, record_kind, producer_kind);
alter table agri_record replica identity using index agri_record_identity;

create table poor_household (
    household_code    varchar(20) primary key,
    head_id           char(12),
    head_name         varchar(100),
    head_sex          char(1),
    ethnicity_code    char(2),
    commune_code      commune_code,
    hamlet            varchar(100),
    area_kind         varchar(5),
    category          varchar(10),
    income_score      smallint,
    deprivation_score smallint,
    deprivations      text[],
    members           smallint,
    children          smallint,
    support           jsonb,
    review_year       smallint,
    escaped_on        date,
    updated_at        timestamptz not null default now());
