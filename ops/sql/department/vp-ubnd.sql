-- The database of the Office of the People's Committee: documents.
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
