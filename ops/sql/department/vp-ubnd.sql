-- The database of the Office of the People's Committee: documents, the one-stop system, and what the
-- inspectorate and two departments keep on the same server. As their vendors made it: loose on purpose.
create schema dept;
set search_path = dept;
\ir commune.sql

create table directing_document (
    agency_code  varchar(20) not null,
    document_no  varchar(60) not null,
    issued_on    date not null,
    doc_type     varchar(20) not null,
    summary_vi   varchar(1000) not null,
    secrecy      smallint not null default 0,
    urgency      smallint not null default 0,
    signer_name  varchar(100),
    signer_title varchar(200),
    recipients   text[] not null default '{}',
    reply_to     varchar(60),
    effective_on date,
    expires_on   date,
    pages        smallint,
    file_name    varchar(255),
    file_sha256  bytea,
    file_content bytea,
    signature    bytea,
    is_public    boolean not null default false,
    state        varchar(12) not null default 'issued',
    updated_at   timestamptz not null default now(),
    primary key (agency_code, document_no, issued_on));
alter table directing_document alter column file_content set storage external;
-- Whether a document is public is said by these two: a change and a delete have to say so.
create unique index directing_document_identity on directing_document (agency_code, document_no, issued_on, is_public, state);
alter table directing_document replica identity using index directing_document_identity;

-- ---- the one-stop system -----------------------------------------------------------------------------
create type record_state as enum ('received', 'supplement', 'processing', 'transferred', 'approved', 'rejected', 'returned', 'withdrawn');
create table procedure_record (
    record_code       varchar(40) primary key,
    procedure_code    varchar(20) not null,
    agency_code       varchar(20) not null,
    commune_code      commune_code,
    channel           smallint not null,
    applicant_kind    char(1) not null,
    applicant_id      varchar(14),
    applicant_name    varchar(300) not null,
    applicant_phone   varchar(15),
    applicant_email   varchar(120),
    applicant_address text,
    received_at       timestamptz not null,
    due_at            timestamptz,
    finished_at       timestamptz,
    returned_at       timestamptz,
    state             record_state not null,
    step_no           smallint not null default 1,
    fee               numeric(12, 0) default 0,
    time_limit        interval,
    attachments       jsonb not null default '[]',
    form_data         jsonb,
    late              boolean generated always as (finished_at > due_at) stored,
    reject_reason     text,
    officer_name      varchar(100),
    rating            smallint,
    updated_at        timestamptz not null default now());
alter table procedure_record alter column form_data set storage external;

create table admin_procedure (
    procedure_code   varchar(20) primary key,
    name_vi          varchar(500) not null,
    field_vi         varchar(200) not null,
    level            varchar(10) not null,
    decision_no      varchar(40) not null,
    effective_on     date not null,
    repealed_on      date,
    state            varchar(12) not null default 'in_force',
    online_level     varchar(12) not null default 'information',
    working_hours    numeric(6, 1),
    fee_vnd          numeric(12, 0),
    target_groups    text[],
    legal_basis      text[],
    steps_vi         text,
    documents_needed jsonb,
    portal_url       varchar(300),
    is_internal      boolean not null default false,
    officer_note     text,
    updated_at       timestamptz not null default now());
create unique index admin_procedure_identity on admin_procedure (procedure_code, is_internal, state);
alter table admin_procedure replica identity using index admin_procedure_identity;

create table admin_procedure_statistics (
    procedure_code     varchar(20) not null,
    agency_code        varchar(20) not null,
    day                date not null,
    received           integer not null default 0,
    received_online    integer not null default 0,
    finished           integer not null default 0,
    on_time            integer not null default 0,
    late               integer not null default 0,
    mean_working_hours numeric(8, 2),
    counted_at         timestamptz not null default now(),
    primary key (procedure_code, agency_code, day));

-- ---- Provincial Inspectorate -------------------------------------------------------------------------
create type petition_kind as enum ('complaint', 'denunciation', 'proposal', 'remark');
create table citizen_complaint (
    petition_no        varchar(30) primary key,
    kind               petition_kind not null,
    received_on        date not null,
    channel            varchar(10) not null,
    field              varchar(20) not null,
    commune_code       commune_code,
    is_anonymous       boolean not null default false,
    petitioner_name    varchar(100),
    petitioner_id      char(12),
    petitioner_phone   varchar(15),
    petitioner_address varchar(250),
    petitioners        smallint not null default 1,
    accused_name       varchar(200),
    accused_agency     varchar(20),
    content            text not null,
    handling_agency    varchar(20),
    accepted_on        date,
    due_on             date,
    decided_on         date,
    decision_no        varchar(40),
    outcome            varchar(12),
    recovered_vnd      numeric(18, 0),
    state              varchar(12) not null default 'received',
    updated_at         timestamptz not null default now());

-- ---- Department of Science and Technology ------------------------------------------------------------
create type research_status as enum ('proposed', 'approved', 'running', 'accepted', 'stopped');
create table research_task (
    task_no         varchar(30) primary key,
    title_vi        varchar(500) not null,
    level           varchar(12) not null,
    field_code      char(1) not null,
    host_org        varchar(300) not null,
    principal_name  varchar(100),
    principal_id    char(12),
    principal_email varchar(120),
    team            jsonb,
    budget_million  numeric(12, 3),
    starts_on       date,
    ends_on         date,
    accepted_on     date,
    grade           varchar(10),
    status          research_status not null default 'proposed',
    result_summary  text,
    keywords        text[],
    year            smallint not null,
    updated_at      timestamptz not null default now());

create table st_organisation (
    org_code        varchar(12) primary key,
    name_vi         varchar(300) not null,
    kind            varchar(12) not null,
    field_code      char(1) not null,
    ownership       varchar(10) not null,
    tax_code        varchar(14),
    certificate_no  varchar(30),
    certified_on    date,
    valid_to        date,
    commune_code    commune_code not null,
    address_text    varchar(300),
    head_name       varchar(100),
    head_phone      varchar(15),
    personnel       jsonb not null default '[]',
    staff_total     integer not null default 0,
    staff_doctors   integer not null default 0,
    revenue_million numeric,
    status          varchar(10) not null default 'active',
    updated_at      timestamptz not null default now());

create type ip_kind as enum ('invention', 'utility_solution', 'design', 'trademark', 'geographical_indication');
create table intellectual_property (
    ip_no        varchar(20) primary key,
    kind         ip_kind not null,
    title        varchar(300) not null,
    filed_on     date not null,
    published_on date,
    granted_on   date,
    valid_to     date,
    owner_kind   char(1) not null,
    owner_org    varchar(300),
    owner_person varchar(100),
    owner_id     varchar(14),
    authors      jsonb,
    nice_classes smallint[],
    communes     text[],
    status       varchar(10) not null default 'filed',
    updated_at   timestamptz not null default now());
create unique index intellectual_property_identity on intellectual_property (ip_no, status);
alter table intellectual_property replica identity using index intellectual_property_identity;

create type cert_kind as enum ('standard', 'conformity', 'verification', 'traceability');
create table standard_certificate (
    cert_no               varchar(30) primary key,
    kind                  cert_kind not null,
    standard_no           varchar(60),
    product_vi            varchar(300) not null,
    holder_name           varchar(300) not null,
    holder_tax_code       varchar(14),
    commune_code          commune_code,
    gtin                  varchar(14),
    trace_url             varchar(300),
    instrument_serial     varchar(40),
    error_percent         real,
    error_allowed_percent real,
    passed                boolean not null default true,
    issued_on             date not null,
    valid_to              date,
    inspector_name        varchar(100),
    status                varchar(10) not null default 'valid',
    updated_at            timestamptz not null default now());

create table it_system (
    system_code         varchar(20) primary key,
    name_vi             varchar(200) not null,
    owner_agency        varchar(20) not null,
    security_level      smallint not null,
    level_decision_no   varchar(40),
    level_decided_on    date,
    hosting             varchar(12) not null,
    ip_range            cidr,
    gateway_ip          inet,
    domains             text[],
    admin_url           text,
    components          jsonb not null default '[]',
    holds_personal_data boolean not null default false,
    connected_systems   text[],
    backup_every        interval,
    live_since          date,
    assessed_on         date,
    next_assessment_on  date,
    admin_name          varchar(100),
    admin_phone         varchar(15),
    status              varchar(10) not null default 'planned',
    updated_at          timestamptz not null default now());

create table telecom_site (
    site_code           varchar(12) primary key,
    operator            varchar(12) not null,
    site_kind           varchar(10) not null,
    commune_code        commune_code not null,
    lon                 double precision,
    lat                 double precision,
    height_m            numeric(5, 1),
    technologies        text[] not null,
    frequencies_mhz     integer[],
    azimuths_deg        smallint[],
    power_w             real,
    coverage_class      char(1),
    shared_with         text[],
    backup_power        interval,
    inspected_on        date,
    inspection_valid_to date,
    last_outage         tstzrange,
    land_contact        varchar(100),
    status              varchar(10) not null default 'planned',
    updated_at          timestamptz not null default now());

create table shared_code (
    list_id     varchar(30) not null,
    code        varchar(40) not null,
    parent_code varchar(40),
    name_vi     varchar(300) not null,
    name_en     varchar(300),
    short_name  varchar(100),
    level       smallint,
    sort_no     integer,
    decision_no varchar(40),
    valid_from  date not null,
    valid_to    date,
    replaced_by text[],
    attributes  jsonb,
    updated_at  timestamptz not null default now(),
    primary key (list_id, code));

-- ---- Department of Ethnic Minorities and Religions ---------------------------------------------------
create type poverty_status as enum ('poor', 'near_poor', 'none');
create table ethnic_household (
    household_code   varchar(20) primary key,
    commune_code     commune_code not null,
    hamlet_vi        varchar(100) not null,
    head_id          char(12),
    head_name        varchar(100) not null,
    ethnicity_code   char(2) not null,
    members          smallint not null,
    women            smallint,
    children         smallint,
    poverty          poverty_status not null default 'none',
    area_class       varchar(3),
    income_month_vnd numeric(12, 0),
    house_kind       varchar(12),
    water_source     varchar(12),
    has_electricity  boolean not null default true,
    languages        text[],
    supports         jsonb not null default '[]',
    surveyed_on      date not null,
    updated_at       timestamptz not null default now());

create table ethnic_programme (
    project_code      varchar(20) primary key,
    name_vi           varchar(500) not null,
    component_no      smallint,
    commune_code      commune_code not null,
    investor_agency   varchar(20) not null,
    decision_no       varchar(40),
    decided_on        date,
    period            daterange,
    budget_million    numeric(14, 3) not null,
    central_million   numeric(14, 3),
    disbursed_million numeric(14, 3) not null default 0,
    progress_percent  numeric(5, 2) not null default 0,
    households        integer,
    contractor_name   varchar(300),
    status            varchar(12) not null default 'approved',
    findings          text,
    updated_at        timestamptz not null default now());

create type date_precision as enum ('day', 'month', 'year', 'unknown');
create table prestigious_person (
    personal_id     char(12) primary key,
    full_name       varchar(100) not null,
    sex             char(1) not null,
    birth_date      date,
    birth_date_text varchar(10) not null,
    birth_precision date_precision not null,
    ethnicity_code  char(2) not null,
    commune_code    commune_code not null,
    hamlet_vi       varchar(100) not null,
    phone           varchar(15),
    category        varchar(12) not null,
    decision_no     varchar(40) not null,
    recognised_on   date not null,
    ended_on        date,
    end_reason      varchar(12),
    rewards         text[],
    benefits        jsonb,
    note            text,
    updated_at      timestamptz not null default now());

create table religious_organisation (
    org_code            varchar(12) primary key,
    name_vi             varchar(300) not null,
    religion_code       char(2) not null,
    level               varchar(12) not null,
    parent_code         varchar(12),
    recognition_no      varchar(40),
    recognised_on       date,
    registered_on       date,
    commune_code        commune_code not null,
    address_text        varchar(300),
    representative_name varchar(100),
    representative_id   char(12),
    phone               varchar(15),
    followers           integer,
    dignitaries         integer,
    yearly_programme    jsonb,
    status              varchar(12) not null default 'registered',
    note                text,
    updated_at          timestamptz not null default now());
create unique index religious_organisation_identity on religious_organisation (org_code, status);
alter table religious_organisation replica identity using index religious_organisation_identity;

create table religious_dignitary (
    personal_id    char(12) primary key,
    full_name      varchar(100) not null,
    religious_name varchar(100),
    sex            char(1) not null,
    birth_date     date,
    nationality    char(3) not null default 'VNM',
    religion_code  char(2) not null,
    rank_vi        varchar(60) not null,
    org_code       varchar(12) not null,
    ordained_on    date,
    appointed_on   date,
    notified_no    varchar(40),
    communes       text[],
    training       jsonb,
    portrait       bytea,
    status         varchar(12) not null default 'active',
    ended_on       date,
    note           text,
    updated_at     timestamptz not null default now());
alter table religious_dignitary alter column portrait set storage external;

create table worship_establishment (
    site_code          varchar(12) primary key,
    name_vi            varchar(200) not null,
    other_names        text[],
    kind               varchar(12) not null,
    religion_code      char(2),
    commune_code       commune_code not null,
    lon                numeric(9, 6),
    lat                numeric(9, 6),
    built_year         smallint,
    is_registered      boolean not null default false,
    registered_on      date,
    land_area_m2       numeric(12, 1),
    certificate_serial varchar(20),
    heritage_code      varchar(12),
    keeper_name        varchar(100),
    keeper_phone       varchar(15),
    festivals          jsonb,
    updated_at         timestamptz not null default now());
create unique index worship_establishment_identity on worship_establishment (site_code, is_registered);
alter table worship_establishment replica identity using index worship_establishment_identity;
