#!/usr/bin/env bash
# Runs once, when the open store's volume is new: its database, its owner, the readers' role.
set -euo pipefail
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -v password_file=/run/secrets/open-store -f /ops/open-store-access.sql
