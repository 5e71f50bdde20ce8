#!/usr/bin/env bash
# Runs once, when the departments' volume is new: each database with its tables and invented rows, some of them
# broken on purpose, then what its administrator runs for capture.
set -euo pipefail
# shellcheck source=../sh/deployment.sh
. /ops/sh/deployment.sh
# shellcheck source=../sh/capture-hba.sh
. /ops/sh/capture-hba.sh

run() { PGOPTIONS='-c client_min_messages=warning' psql -X -q -v ON_ERROR_STOP=1 -U postgres -d "$@"; }
# As department_tables calls it.
ask() { psql -X -A -t -v ON_ERROR_STOP=1 -U postgres -d "$2" -c "$3"; }
for name in "${SOURCES[@]}"; do
    database=${name//-/_}
    run postgres -c "create database $database"
    run "$database" -1 -f "/ops/sql/department/$name.sql" >/dev/null
    run "$database" -1 -v parcels=20000 -v observations=10000 -v businesses=3000 -v facilities=200 -v documents=2000 \
        -f "/ops/sql/demo/seed-$name.sql" -f "/ops/sql/demo/bad-$name.sql"
    run "$database" -v role="$(capture_role "$name")" -v password_file="/run/secrets/source-$name" -v tables="$(department_tables - "$database")" \
        -f /ops/sql/department/capture-access.sql >/dev/null
done

# The server starts once more when this is done, and reads them then. Captures come from Compose's own network.
hba=$(for name in "${SOURCES[@]}"; do capture_hba "$(capture_role "$name")" "${name//-/_}" samenet; done; cat "$PGDATA/pg_hba.conf")
printf '%s\n' "$hba" >"$PGDATA/pg_hba.conf"
