-- What keys are named and payloads sealed with: this store's own, sealed by the deployment's secret. A new secret
-- seals them anew, in this one row; parked records stay as they are.
create table flow.sealed_keys (
  one boolean primary key default true check (one),
  sealed bytea not null,
  sealed_at timestamptz not null default now());
