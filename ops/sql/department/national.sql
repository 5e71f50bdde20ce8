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
