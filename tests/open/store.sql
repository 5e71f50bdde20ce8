-- An open store as its sink leaves it, as far as publishing reads it.
create schema flow;
create table flow.freshness (dataset text primary key, phase text, complete_at timestamptz, source_at timestamptz);
insert into flow.freshness select dataset, 'streaming', now(), now() from unnest('{sample,zone,reading,station}'::text[]) dataset;
create table flow.sample (
  area_code text collate "C", sample_no integer, name text, small smallint, big bigint, ratio real,
  depth double precision, price numeric(12,2), long_number numeric(30,3), any_number numeric, is_wet boolean,
  taken_on date, taken_time time, seen_at timestamp, sent_at timestamptz, token uuid, details jsonb, tags text[],
  counts integer[], grade text, lon double precision, lat double precision, photo bytea,
  _version bytea, _deleted boolean not null default false, _missing text[], _was_live boolean,
  primary key (area_code, sample_no));
create table flow.zone (
  zone_code text collate "C" primary key, name text, units integer, geometry json,
  _version bytea, _deleted boolean not null default false, _missing text[], _was_live boolean);
create table flow.station (
  station_code text collate "C" primary key, kind text,
  _version bytea, _deleted boolean not null default false, _missing text[], _was_live boolean);
create table flow.reading (
  station_code text collate "C", observed_at timestamptz, value double precision, status text, validated boolean,
  received_at timestamptz, param_code text default 'SO2', unit text default 'ug/Nm3',
  _version bytea, _deleted boolean not null default false, _missing text[], _was_live boolean,
  primary key (station_code, observed_at));

insert into flow.sample values
  ('DONG-KHE', 1, 'Nà Giàng, xã "Đông Khê"', 1, 9223372036854775807, 0.1, 12.5, 1500.50, 123456789012345678901234567.125, 1.50, true,
   '2026-11-24', '15:00:00.5', '2026-11-24 15:00:00.123456', '2026-11-24 08:00:00+00', '0b1e5c1a-0000-4000-8000-0000000000ff',
   '{"a": [1, 2.50], "b": "x\ny"}', '{a,"b c",NULL,"d,\"e\""}', '{1,NULL,-3}', 'fine', 106.253, 22.664),
  ('DONG-KHE', 2, '=HYPERLINK("http://example.invalid")', null, -1, 'NaN', 'Infinity', -0.05, -0.001, 'NaN', false,
   '1969-12-31', '00:00:00', '1950-01-01 00:00:00', '1943-05-05 00:00:00+00', null, '[]', '{}', '{}', 'rough', null, 22.7),
  ('DONG-KHE', 10, E'@sum\ttab\nline', 32767, 0, -1.5e-10, 1e20, 0, 0, 12345678901234567890.123456789, null,
   'infinity', '24:00:00', '0044-03-15 12:00:00 BC', 'infinity', null, '"text"', null, null, null, 106.9, 23.0),
  ('A', 3, '', -32768, 42, 3.25, -0, null, null, null, null, null, null, null, null, null, null, '{{a},{b}}', null, null, 105.4, 22.8),
  ('Ä', 4, '''quoted', 5, 5, 5, 5, 5, 5, 5, true, '0044-03-15 BC', null, null, null, null, 'null', '{"="}', '{2147483647}', '+x', 106.1, 22.5);
update flow.sample set photo = '\x00ff3d' where sample_no = 1;
insert into flow.zone
  select 'Z' || n, 'Khu ' || n, 10,
    case when n < 9 then format('{"type":"Polygon","coordinates":[[[%s,22.5],[%s,22.5],[%s,22.6],[%s,22.6],[%s,22.5]]]}',
      105.5 + n * 0.1, 105.55 + n * 0.1, 105.55 + n * 0.1, 105.5 + n * 0.1, 105.5 + n * 0.1)::json end
  from generate_series(1, 9) n;
-- Hours at +07: 08:00 has four valid values, 09:00 three and one under calibration, 10:00 two.
insert into flow.reading
  select 'S1', t, v, s, true, t + interval '1 minute' from (values
    (timestamptz '2026-11-24 01:00:00+00', 1.0, '00'), ('2026-11-24 01:15:00+00', 2.0, '00'),
    ('2026-11-24 01:30:00+00', 4.0, '00'), ('2026-11-24 01:59:59+00', 4.0, '00'),
    ('2026-11-24 02:00:00+00', 0.1, '00'), ('2026-11-24 02:15:00+00', 0.2, '00'),
    ('2026-11-24 02:30:00+00', 0.3, '00'), ('2026-11-24 02:45:00+00', 99, '01'),
    ('2026-11-24 03:00:00+00', 7, '00'), ('2026-11-24 03:15:00+00', 7, '00')) r(t, v, s);
-- One hour each: at the limit, in a unit without one, a parameter without one, a chimney, a station that is gone.
insert into flow.reading
  select station, timestamptz '2026-11-24 01:00:00+00' + i * interval '15 minutes', value, '00', true, now(), parameter, unit
  from (values ('S3', 2.5, 'SO2', 'µg/Nm3'), ('S4', 9.0, 'SO2', 'ppb'), ('S5', 9.0, 'PM10', 'ug/Nm3'),
    ('S6', 9.0, 'SO2', 'ug/Nm3'), ('S7', 9.0, 'SO2', 'ug/Nm3')) r(station, value, parameter, unit),
    generate_series(0, 2) i;
insert into flow.station (station_code, kind, _deleted)
  select 'S' || n, case n when 6 then 'emission' else 'air' end, n = 7 from generate_series(1, 7) n;
