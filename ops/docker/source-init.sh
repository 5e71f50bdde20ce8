#!/usr/bin/env bash
# Runs once, when the department's volume is new: its tables, then what its administrator runs for capture.
set -euo pipefail
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d so_nnmt -1 -f /ops/sql/department/so-nnmt.sql
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d so_nnmt -v password="$(cat /run/secrets/source)" \
    -v tables='dept.land_parcel, dept.env_observation' -f /ops/sql/department/capture-access.sql
