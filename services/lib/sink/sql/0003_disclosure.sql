-- Values that a person had shown to them (`bangioc trace --values`): written before they are read. Nothing
-- of ours ever deletes from it.
create table flow.disclosure (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  "by" text not null,
  purpose text not null,
  dataset text not null,
  key_ref bytea not null);
