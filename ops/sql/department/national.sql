-- What the province keeps of the national databases, fed by their own exchange: population, civil status,
-- businesses, insurance, health, education. As their vendors made it: loose on purpose.
create schema dept;
set search_path = dept;
\ir commune.sql

-- ---- businesses; steward: Department of Finance ------------------------------------------------------
create type biz_status as enum ('active', 'suspended', 'dissolving', 'dissolved', 'revoked');
create table business (
    enterprise_code varchar(14) primary key,
    name_vi         varchar(300) not null,
    name_en         varchar(300),
    short_name      varchar(100),
    entity_type     varchar(20) not null,
    status          biz_status not null,
    founded_on      date not null,
    charter_capital numeric(18, 0),
    currency        char(3) default 'VND',
    head_commune    commune_code,
    address_text    varchar(300),
    main_industry   char(5),
    industries      text[] not null default '{}',
    legal_reps      jsonb not null default '[]',
    owners          jsonb,
    phone           varchar(15),
    email           varchar(120),
    website         varchar(200),
    parent_code     varchar(14),
    is_household    boolean not null default false,
    change_no       integer not null default 0,
    changed_at      timestamptz not null default now());
alter table business alter column legal_reps set storage external;
-- Whether a row is a household's decides whether it is public: a change and a delete have to say so.
create unique index business_identity on business (enterprise_code, is_household);
alter table business replica identity using index business_identity;

-- ---- civil status; entered by the communes, steward: Department of Justice ---------------------------
create type civil_event as enum ('birth', 'marriage', 'death', 'adoption', 'correction', 'cancellation');
create type date_precision as enum ('day', 'month', 'year', 'unknown');
create table civil_status_event (
    event_type              civil_event not null,
    office_code             commune_code not null,
    register_year           smallint not null,
    register_no             integer not null,
    registered_on           date not null,
    event_date              date,
    event_date_precision    date_precision not null default 'day',
    subject_id              char(12),
    subject_name            varchar(100) not null,
    subject_sex             char(1),
    subject_birth_date      date,
    subject_birth_precision date_precision,
    ethnicity_code          char(2),
    nationality             char(3) default 'VNM',
    partner_id              char(12),
    partner_name            varchar(100),
    mother_id               char(12),
    mother_name             varchar(100),
    father_id               char(12),
    father_name             varchar(100),
    place_text              varchar(250),
    cause_text              text,
    corrects                uuid,
    event_uuid              uuid not null unique,
    details                 jsonb,
    created_at              timestamp not null default (now() at time zone 'Asia/Ho_Chi_Minh'),
    primary key (event_type, office_code, register_year, register_no));

-- ---- population; steward: provincial police ----------------------------------------------------------
create table person (
    personal_id       char(12) primary key,
    legacy_id         varchar(9),
    full_name         varchar(100) not null,
    other_names       text[],
    sex               char(1) not null,
    birth_date        date,
    birth_date_text   varchar(10) not null,
    birth_precision   date_precision not null,
    birth_place_code  char(3),
    ethnicity_code    char(2),
    religion_code     char(2),
    nationality       char(3) not null default 'VNM',
    marital_status    smallint,
    permanent_commune commune_code,
    permanent_address varchar(250),
    temporary_commune commune_code,
    temporary_until   date,
    household_no      varchar(20),
    head_relation     smallint,
    phone             varchar(15),
    portrait          bytea,
    blood_type        varchar(3),
    status            smallint not null default 1,
    died_on           date,
    row_version       bigint not null,
    source_updated_at timestamptz not null);
-- Each change and delete says the whole old row: personal data travel with it.
alter table person replica identity full;

-- ---- insurance, health, education --------------------------------------------------------------------
create table insurance_participation (
    insurance_no      varchar(15) primary key,
    personal_id       char(12),
    full_name         varchar(100),
    birth_date        date,
    sex               char(1),
    commune_code      commune_code,
    object_code       char(2),
    benefit_level     smallint,
    employer_code     varchar(14),
    salary_vnd        numeric(18, 0),
    contribution_rate numeric(5, 2),
    months_paid       smallint,
    health_card       daterange,
    five_years_on     date,
    facility_code     char(5),
    state             varchar(10),
    household_share   real,
    updated_at        timestamptz not null default now());

create table patient_file (
    patient_code   varchar(20) not null,
    facility_code  char(5) not null,
    personal_id    char(12),
    insurance_no   varchar(15),
    full_name      varchar(100),
    birth_date     date,
    sex            char(1),
    first_visit_on date,
    last_visit_at  timestamptz,
    visits         integer,
    chronic        text[],
    allergies      text[],
    vaccinations   jsonb,
    height_cm      numeric(4, 1),
    weight_kg      numeric(5, 2),
    vitals         jsonb,
    consent_ref    uuid,
    updated_at     timestamptz not null default now(),
    primary key (patient_code, facility_code));

create table pupil (
    pupil_code     varchar(12) not null,
    school_code    varchar(12) not null,
    personal_id    char(12),
    full_name      varchar(100),
    birth_date     date,
    sex            char(1),
    ethnicity_code char(2),
    commune_code   commune_code,
    school_year    char(9),
    grade          smallint,
    class_name     varchar(20),
    average_mark   numeric(3, 1),
    conduct        varchar(10),
    boarding       boolean not null default false,
    poor_household boolean not null default false,
    disability     text[],
    guardian_name  varchar(100),
    guardian_phone varchar(15),
    enrolled_on    date,
    left_on        date,
    state          varchar(12),
    updated_at     timestamptz not null default now(),
    primary key (pupil_code, school_code));
