# Finding and calling PostgreSQL's programs. Sourced after words.sh, never run.
# shellcheck shell=bash

POSTGRES_BIN=${POSTGRES_BIN:-$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)}
[ -x "$POSTGRES_BIN/initdb" ] || fail "no PostgreSQL under /usr/lib/postgresql" "\`ops/setup\` installs it"

# on ENVFILE DATABASE [ARG…]: psql as the superuser of the cluster that ENVFILE describes.
# Stops at the first error; reads SQL from the arguments or from stdin.
on() {
    local env=$1 database=$2
    shift 2
    (
        set -a
        # shellcheck disable=SC1090
        . "$env"
        PGDATABASE=$database PGOPTIONS="${PGOPTIONS:-} -c client_min_messages=warning" \
            exec "$POSTGRES_BIN/psql" -X -q -v ON_ERROR_STOP=1 "$@"
    )
}

# ask ENVFILE DATABASE SQL: the answer alone, unaligned.
ask() { on "$1" "$2" -A -t -c "$3"; }
