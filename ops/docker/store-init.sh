#!/usr/bin/env bash
# Runs once, when the store's volume is new: its database, its owner, the readers' roles, two people who deal with
# dead letters.
set -euo pipefail
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -v password_file=/run/secrets/store -f /ops/store-access.sql
for name in lan hung; do
    psql -X -q -v ON_ERROR_STOP=1 -U postgres -d shared_store -v name="$name" -v password_file="/run/secrets/store-$name" -f /ops/operator-access.sql
done
