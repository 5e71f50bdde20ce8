-- The database that the Department of Finance keeps, for itself and for the departments without one of their
-- own: Industry and Trade, the Economic Zone's board, Home Affairs, Construction. Loose on purpose.
create schema dept;
set search_path = dept;
\ir commune.sql

-- ---- Department of Finance ------------------------------------------------------------------------------
-- Whose project it is and how far it got decide whether it is public: a change and a delete have to say so.
create table investment_project (
    project_code      varchar(20) primary key,
    name_vi           varchar(500) not null,
    capital_kind      varchar(10) not null,
    project_group     char(1),
    investor_kind     varchar(12) not null,
    investor_name     varchar(300) not null,
    investor_code     varchar(14),
    industry_code     char(5),
    commune_codes     text[] not null,
    total_capital_vnd numeric(18, 0) not null,
    state_capital_vnd numeric(18, 0),
    disbursed_vnd     numeric(18, 0),
    progress_percent  numeric(5, 2),
    decision_no       varchar(40),
    decided_on        date,
    starts_on         date,
    finishes_on       date,
    status            varchar(12) not null,
    contact_name      varchar(100),
    contact_phone     varchar(15),
    updated_at        timestamptz not null default now());
create unique index investment_project_identity on investment_project (project_code, investor_kind, status);
alter table investment_project replica identity using index investment_project_identity;

-- Capital is in millions of đồng here; a rating may be no number.
create table cooperative (
    coop_tax_code   varchar(14) primary key,
    registration_no varchar(20),
    name_vi         varchar(300) not null,
    field_codes     int[] not null,
    commune_code    commune_code not null,
    founded_on      date,
    member_count    integer,
    women_members   integer,
    ethnic_members  integer,
    capital_million numeric(12, 3),
    revenue_million numeric,
    director_name   varchar(100),
    director_phone  varchar(15),
    members         jsonb,
    ocop_products   text[],
    rating          real,
    status          smallint not null default 1,
    updated_at      timestamptz default now());
alter table cooperative alter column members set storage external;

create table public_asset_budget (
    asset_code        varchar(30) primary key,
    entry_kind        varchar(8) not null,
    agency_code       varchar(20) not null,
    name_vi           varchar(300) not null,
    fiscal_year       smallint,
    chapter_code      char(3),
    item_code         char(4),
    planned_vnd       numeric(18, 0),
    executed_vnd      numeric(18, 0),
    unit              varchar(30),
    unit_price_vnd    numeric(18, 2),
    effective         daterange,
    original_cost_vnd numeric(18, 0),
    residual_vnd      numeric(18, 0),
    commune_code      commune_code,
    decision_no       varchar(40),
    approved          boolean not null default false,
    updated_at        timestamptz not null default now());
create unique index public_asset_budget_identity on public_asset_budget (asset_code, entry_kind, approved);
alter table public_asset_budget replica identity using index public_asset_budget_identity;

create table planning (
    plan_code        varchar(30) primary key,
    name_vi          varchar(500) not null,
    plan_kind        varchar(10) not null,
    lead_agency      varchar(20) not null,
    period           daterange,
    vision_year      smallint,
    decision_no      varchar(40),
    decided_on       date,
    published_on     date,
    commune_codes    text[],
    area_ha          numeric(14, 2),
    boundary_geojson jsonb,
    summary_vi       text,
    document_url     varchar(300),
    document_sha256  bytea,
    amends           varchar(30),
    appraisal_note   text,
    status           varchar(10) not null,
    updated_at       timestamptz not null default now());
create unique index planning_identity on planning (plan_code, status);
alter table planning replica identity using index planning_identity;
alter table planning alter column boundary_geojson set storage external;

-- ---- Department of Industry and Trade -------------------------------------------------------------------
create table trade_border_gate (
    declaration_no    varchar(12) primary key,
    direction         varchar(8) not null,
    gate_code         varchar(10) not null,
    declared_at       timestamptz not null,
    cleared_at        timestamptz,
    trader_code       varchar(14),
    trader_name       varchar(300) not null,
    is_resident_trade boolean not null default false,
    resident_id       varchar(12),
    hs_code           char(8) not null,
    goods_vi          varchar(500) not null,
    quantity          numeric(16, 3),
    unit              varchar(10),
    value_usd         numeric(16, 2) not null,
    tax_vnd           numeric(18, 0),
    partner_country   char(3) not null,
    status            varchar(12) not null,
    updated_at        timestamptz not null default now());

-- ---- Management Board of the Economic Zone ----------------------------------------------------------------
create type queue_state as enum ('registered', 'called', 'in_yard', 'passed', 'returned', 'cancelled');
create table border_gate_vehicle (
    queue_no        varchar(20) primary key,
    gate_code       varchar(10) not null,
    direction       varchar(8) not null,
    state           queue_state not null,
    plate           varchar(15) not null,
    trailer_plate   varchar(15),
    driver_name     varchar(100) not null,
    driver_id       varchar(12),
    driver_passport varchar(9),
    driver_phone    varchar(15),
    cargo_hs        text[],
    gross_kg        integer,
    axle_loads_t    real[],
    hold_temp_c     numeric(4, 1),
    registered_at   timestamptz not null,
    called_at       timestamptz,
    passed_at       timestamptz,
    expected_wait   interval,
    last_position   jsonb,
    updated_at      timestamptz not null default now());

-- ---- Department of Home Affairs ---------------------------------------------------------------------------
create table civil_servant (
    personal_id        char(12) primary key,
    officer_code       varchar(20),
    full_name          varchar(100) not null,
    sex                char(1) not null,
    birth_date         date not null,
    ethnicity_code     char(2),
    home_commune       commune_code,
    agency_code        varchar(20) not null,
    position_title     varchar(150),
    staff_kind         varchar(12) not null,
    rank_code          varchar(12),
    salary_coefficient numeric(4, 2),
    recruited_on       date,
    appointed_on       date,
    retires_on         date,
    party_joined_on    date,
    qualifications     text[],
    family             jsonb,
    portrait           bytea,
    status             varchar(12) not null,
    updated_at         timestamptz not null default now());
alter table civil_servant alter column portrait set storage external;

create table labour_merit (
    personal_id     char(12) primary key,
    full_name       varchar(100) not null,
    sex             char(1) not null,
    birth_date      date,
    birth_date_text varchar(10) not null,
    birth_precision varchar(5) not null,
    commune_code    commune_code not null,
    address_text    varchar(250),
    labour_state    varchar(13),
    employer_code   varchar(14),
    occupation_code varchar(5),
    has_merit       boolean not null default false,
    merit_kinds     text[],
    injury_percent  smallint,
    benefit_vnd     numeric(12, 0),
    benefit_from    date,
    benefit_to      date,
    decision_no     varchar(40),
    updated_at      timestamptz not null default now());

-- ---- Department of Construction ---------------------------------------------------------------------------
create type plan_state as enum ('drafting', 'consulting', 'approved', 'replaced', 'cancelled');
create table construction_planning (
    plan_code           varchar(30) primary key,
    name_vi             varchar(500) not null,
    plan_level          varchar(10) not null,
    scale               varchar(10) not null,
    commune_codes       text[] not null,
    area_m2             numeric(14, 1) not null,
    population_forecast integer,
    boundary_wkt        text,
    srid                integer not null default 9210,
    land_use            jsonb,
    approving_agency    varchar(20),
    decision_no         varchar(40),
    decided_on          date,
    consulted_on        date,
    drawings            text[],
    review_note         text,
    state               plan_state not null,
    updated_at          timestamptz not null default now());
create unique index construction_planning_identity on construction_planning (plan_code, state);
alter table construction_planning replica identity using index construction_planning_identity;
alter table construction_planning alter column boundary_wkt set storage external;

create table construction_permit (
    permit_no      varchar(40) primary key,
    purpose        varchar(20) not null,
    permit_kind    varchar(10) not null,
    applicant_kind varchar(12) not null,
    applicant_name varchar(300) not null,
    applicant_id   varchar(14),
    commune_code   commune_code not null,
    address_text   varchar(250),
    map_sheet_no   integer,
    parcel_no      integer,
    floor_area_m2  numeric(10, 1) not null,
    floors         smallint,
    height_m       numeric(6, 2),
    issued_on      date not null,
    starts_before  date,
    state          varchar(10) not null,
    inspector_name varchar(100),
    updated_at     timestamptz not null default now());
create unique index construction_permit_identity on construction_permit (permit_no, applicant_kind);
alter table construction_permit replica identity using index construction_permit_identity;

create table construction_work (
    work_code       varchar(16) primary key,
    name_vi         varchar(300) not null,
    work_class      varchar(4) not null,
    work_kind       varchar(12) not null,
    commune_code    commune_code not null,
    project_code    varchar(20),
    contractor_code varchar(14),
    cost_vnd        numeric(18, 0),
    started_on      date,
    accepted_on     date,
    warranty        interval,
    quality_result  varchar(12),
    inspections     jsonb not null default '[]',
    lon             double precision,
    lat             double precision,
    status          varchar(12) not null,
    updated_at      timestamptz not null default now());
alter table construction_work alter column inspections set storage external;

create table housing_market (
    project_code       varchar(20) primary key,
    name_vi            varchar(300) not null,
    developer_code     varchar(14),
    developer_contact  varchar(100),
    commune_code       commune_code not null,
    housing_kind       varchar(12) not null,
    quarter            char(6) not null,
    units_total        integer not null,
    units_offered      integer,
    units_sold         integer,
    price_low_vnd_m2   numeric(18, 0),
    price_mean_vnd_m2  numeric,
    price_high_vnd_m2  numeric(18, 0),
    foreign_units      smallint,
    opened_for_sale_on date,
    updated_at         timestamptz not null default now());

create table construction_certificate (
    certificate_no   varchar(16) primary key,
    holder_kind      varchar(12) not null,
    holder_name      varchar(300) not null,
    holder_id        varchar(14) not null,
    birth_date       date,
    fields           text[] not null,
    class            varchar(3) not null,
    exam_score       numeric(5, 2),
    experience_years smallint,
    issued_on        date not null,
    valid_to         date not null,
    status           varchar(10) not null,
    revoked_reason   text,
    phone            varchar(15),
    updated_at       timestamptz not null default now());

create table road_network (
    road_code       varchar(12) not null,
    km_post         numeric(8, 3) not null,
    name_vi         varchar(200) not null,
    road_level      varchar(10) not null,
    structure_kind  varchar(10) not null,
    commune_code    commune_code not null,
    length_m        numeric(9, 2),
    width_m         real,
    surface         varchar(12),
    built_year      smallint,
    lon             double precision,
    lat             double precision,
    condition_score smallint,
    posted_load_t   numeric(5, 1),
    inspected_on    date,
    landslide_risk  boolean not null default false,
    load_study      jsonb,
    load_study_file bytea,
    updated_at      timestamptz not null default now(),
    primary key (road_code, km_post));
alter table road_network alter column load_study_file set storage external;

create table transport_licence (
    licence_no        varchar(20) primary key,
    operator_kind     varchar(12) not null,
    operator_name     varchar(300) not null,
    operator_code     varchar(14) not null,
    transport_kinds   text[] not null,
    routes            text[],
    vehicle_count     integer,
    plates            text[],
    tracking_provider varchar(100),
    manager_name      varchar(100),
    manager_id        varchar(12),
    phone             varchar(15),
    issued_on         date not null,
    reissue_no        smallint,
    status            varchar(10) not null,
    updated_at        timestamptz not null default now());
create unique index transport_licence_identity on transport_licence (licence_no, operator_kind);
alter table transport_licence replica identity using index transport_licence_identity;
