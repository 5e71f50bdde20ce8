#!/usr/bin/env bash
# Runs once, when the store's volume is new: its database, its owner, the readers' roles.
set -euo pipefail
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -v password="$(cat /run/secrets/store)" -f /ops/store-access.sql
