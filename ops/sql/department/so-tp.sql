-- The database of the Department of Justice.
create schema dept;
set search_path = dept;
\ir commune.sql

create table notarial_act (
    act_no         varchar(30) primary key,
    act_kind       varchar(12),
    office_no      char(2),
    notary_licence varchar(20),
    signed_at      timestamptz,
    party_ids      text[],
    party_names    text[],
    asset_kind     varchar(12),
    asset_ref      varchar(60),
    asset_commune  commune_code,
    value_vnd      numeric(18, 0),
    notary_fee_vnd numeric(12, 0),
    blocked_by     varchar(60),
    blocked        daterange,
    cancels_act_no varchar(30),
    content_sha256 bytea,
    status         varchar(10),
    updated_at     timestamptz not null default now());

create type legal_validity as enum ('not_yet', 'in_force', 'partly_expired', 'expired', 'suspended');
create table legal_document (
    document_no  varchar(60) not null,
    issued_on    date not null,
    doc_type     varchar(12),
    issuer       varchar(12),
    title_vi     varchar(1000),
    field        varchar(20),
    effective_on date,
    expires_on   date,
    validity     legal_validity,
    replaces     text[],
    amends       text[],
    gazette_no   varchar(30),
    articles     smallint,
    full_text    text,
    file_sha256  bytea,
    file_content bytea,
    reviewed_at  timestamp,
    updated_at   timestamptz not null default now(),
    primary key (document_no, issued_on));

create table admin_violation (
    decision_no         varchar(40) primary key,
    agency_code         varchar(20),
    violator_kind       varchar(12),
    violator_id         varchar(14),
    violator_name       varchar(300),
    violator_birth_date date,
    commune_code        commune_code,
    field               varchar(20),
    legal_basis         text[],
    violated_on         date,
    decided_on          date,
    fine_vnd            numeric(14, 0),
    additional          text[],
    confiscated         jsonb,
    paid_on             date,
    appealed            boolean not null default false,
    cleared_on          date,
    updated_at          timestamptz not null default now());

create table legal_licence (
    licence_no      varchar(30) primary key,
    holder_kind     varchar(12) not null,
    field           varchar(12),
    organisation_vi varchar(300),
    commune_code    commune_code,
    address_vi      varchar(300),
    office_phone    varchar(15),
    person_name     varchar(100),
    person_id       char(12),
    birth_date      date,
    sex             char(1),
    issued_on       date,
    suspended       daterange,
    insurance_until date,
    acts_last_year  integer,
    discipline      jsonb,
    active          boolean not null default false,
    updated_at      timestamptz not null default now());
create unique index legal_licence_identity on legal_licence (licence_no, holder_kind);
alter table legal_licence replica identity using index legal_licence_identity;
