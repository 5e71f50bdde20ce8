-- The database of the Department of Education and Training.
create schema dept;
set search_path = dept;
\ir commune.sql

create table school (
    school_code       varchar(12) primary key,
    name_vi           varchar(200) not null,
    level             text[] not null,
    ownership         varchar(10) not null,
    commune_code      commune_code not null,
    boarding_kind     varchar(20),
    main_lon          double precision,
    main_lat          double precision,
    satellite_sites   jsonb not null default '[]',
    classes           smallint,
    pupils            integer,
    teachers          integer,
    pupils_ethnic     integer,
    national_standard smallint,
    founded_on        date,
    head_name         varchar(100),
    head_phone        varchar(15),
    email             varchar(120),
    school_year       char(9) not null,
    opens_at          time,
    updated_at        timestamptz default now());
