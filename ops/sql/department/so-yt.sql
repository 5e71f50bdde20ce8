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

-- Checked when the transaction ends, and it follows a facility that gets another code.
create table ehr_encounter (
    patient_id        char(12) not null,
    encounter_id      uuid not null,
    facility_code     char(5) not null references health_facility on update cascade deferrable initially deferred,
    admitted_at       timestamptz not null,
    discharged_at     timestamptz,
    stay              interval generated always as (discharged_at - admitted_at) stored,
    insurance_no      varchar(15),
    diagnosis_main    varchar(7) not null,
    diagnosis_other   text[],
    reason            text,
    vitals            jsonb,
    prescriptions     jsonb,
    lab_results       jsonb,
    discharge_note    text,
    scan              bytea,
    practitioner_code varchar(20),
    consent_ref       uuid,
    cost_total        numeric(18, 2),
    updated_at        timestamptz not null default now(),
    primary key (patient_id, encounter_id));
alter table ehr_encounter alter column scan set storage external;
create index ehr_encounter_facility on ehr_encounter (facility_code);

create type case_class as enum ('suspected', 'probable', 'confirmed', 'discarded');
create table communicable_case (
    case_no            varchar(20) primary key,
    disease_code       varchar(7) not null,
    disease_group      char(1) not null,
    patient_id         char(12),
    patient_name       varchar(100) not null,
    patient_sex        char(1) not null,
    patient_birth_date date,
    guardian_phone     varchar(15),
    commune_code       commune_code not null,
    school_code        varchar(12),
    onset_on           date,
    reported_at        timestamptz not null,
    confirmed_on       date,
    classification     case_class not null default 'suspected',
    facility_code      char(5) not null,
    vaccine_doses      smallint,
    vaccine_codes      text[],
    last_dose_on       date,
    outcome            varchar(12) not null default 'treating',
    outcome_on         date,
    updated_at         timestamptz not null default now());
