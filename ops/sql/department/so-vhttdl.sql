-- The database of the Department of Culture, Sports and Tourism, as its vendor made it: loose on purpose.
create schema dept;
set search_path = dept;
\ir commune.sql

create table tourism_site (
    site_code          varchar(12) primary key,
    name_vi            text not null,
    name_en            text,
    name_zh            text,
    kinds              text[] not null,
    recognition        varchar(20),
    commune_code       commune_code not null,
    lon                double precision not null,
    lat                double precision not null,
    description_vi     text,
    description_en     text,
    ticket_vnd         numeric(10, 0),
    opens              time,
    closes             time,
    season             jsonb,
    photos             text[],
    photo_main         bytea,
    geopark            boolean default false,
    visitors_last_year integer,
    manager_phone      varchar(15),
    updated_at         timestamptz default now());
alter table tourism_site alter column photo_main set storage external;

create table heritage (
    heritage_code       varchar(12) primary key,
    name_vi             text not null,
    other_names         text[],
    kind                varchar(20) not null,
    rank                varchar(20) not null,
    decision_no         varchar(40),
    ranked_on           date,
    period_text         text,
    commune_code        commune_code not null,
    lon                 numeric(9, 6),
    lat                 numeric(9, 6),
    location_sensitive  boolean not null default false,
    protection_zone_wkt text,
    condition_score     smallint,
    custodian_name      varchar(100),
    description_vi      text,
    documents           jsonb,
    updated_at          timestamptz default now());
-- Out of line, so that an update elsewhere leaves it out: whether it may be shown depends on another column.
alter table heritage alter column protection_zone_wkt set storage external;

create table intangible_heritage (
    element_code     varchar(12) primary key,
    name_vi          varchar(300) not null,
    name_local       varchar(300),
    kind             varchar(12) not null,
    communities      text[] not null,
    commune_codes    text[] not null,
    season_text      varchar(200),
    lunar_month      smallint,
    on_national_list boolean not null default false,
    decision_no      varchar(40),
    decided_on       date,
    vitality         smallint,
    artisan_count    integer,
    artisans         jsonb,
    description_vi   text,
    recordings       text[],
    updated_at       timestamptz not null default now());

create table museum_artefact (
    artefact_no     varchar(20) primary key,
    name_vi         varchar(300) not null,
    period_text     varchar(200),
    image           bytea,
    materials       text[] not null,
    size_cm         numeric(8, 2)[],
    weight_g        double precision,
    acquired_on     date,
    acquired_how    varchar(12) not null,
    donor_name      varchar(100),
    found_commune   commune_code,
    storage_place   varchar(60),
    insured_vnd     numeric(18, 0),
    is_treasure     boolean not null default false,
    on_loan         daterange,
    condition_score smallint,
    updated_at      timestamptz not null default now());
alter table museum_artefact alter column image set storage external;

create table library_catalogue (
    biblio_id      bigint primary key,
    record_uuid    uuid not null,
    isbn           varchar(17),
    title          varchar(500) not null,
    authors        text[],
    publisher      varchar(200),
    published_year smallint,
    language       char(3) not null,
    classification varchar(20),
    subjects       text[],
    pages          integer,
    copies         smallint not null,
    copies_in      smallint,
    audio_length   interval,
    digital_url    varchar(300),
    added_at       timestamp not null default (now() at time zone 'Asia/Ho_Chi_Minh'),
    updated_at     timestamptz not null default now());

create table sport_facility (
    facility_code  varchar(12) primary key,
    name_vi        varchar(300) not null,
    kinds          text[] not null,
    commune_code   commune_code not null,
    address_text   varchar(250),
    lon            double precision,
    lat            double precision,
    seats          integer,
    area_m2        numeric(10, 1),
    opens          time,
    closes         time,
    built_year     smallint,
    free_of_charge boolean not null default false,
    fee_vnd        numeric(10, 0),
    wheelchair     boolean,
    contact_phone  varchar(15),
    state          varchar(10) not null,
    updated_at     timestamptz not null default now());

-- A place that closes for good leaves the open list.
create table tourism_accommodation (
    establishment_code        varchar(12) primary key,
    name_vi                   varchar(300) not null,
    kind                      varchar(12) not null,
    class                     smallint,
    rooms                     integer,
    beds                      integer,
    commune_code              commune_code not null,
    address_text              varchar(250),
    phone                     varchar(15),
    owner_kind                varchar(12) not null,
    owner_name                varchar(300) not null,
    owner_code                varchar(14),
    licence_no                varchar(40),
    price_from_vnd            numeric(12, 0),
    price_to_vnd              numeric(12, 0),
    guests_last_month         integer,
    foreign_guests_last_month integer,
    state                     varchar(10) not null,
    updated_at                timestamptz not null default now());
create unique index tourism_accommodation_identity on tourism_accommodation (establishment_code, state);
alter table tourism_accommodation replica identity using index tourism_accommodation_identity;

create table tour_guide (
    card_no       varchar(9) primary key,
    card_kind     varchar(13) not null,
    full_name     varchar(100) not null,
    personal_id   char(12) not null,
    sex           char(1),
    birth_date    date,
    phone         varchar(15),
    email         varchar(120),
    languages     text[] not null,
    portrait      bytea,
    training      jsonb,
    issued_on     date not null,
    valid_to      date,
    employer_code varchar(14),
    violations    text,
    status        varchar(10) not null,
    updated_at    timestamptz not null default now());
alter table tour_guide alter column portrait set storage external;
