# The province: Kafka, a server with the departments' databases full of invented rows, a server with the stores,
# and every service over them. For the demo and the bench; sourced after deployment.sh, never run. Uses: ops, home.
# shellcheck shell=bash disable=SC2154

# prepare_source NAME: its database, tables, invented rows, bad ones among them.
prepare_source() {
    local name=$1 database=${1//-/_} env=$home/source/env
    on "$env" postgres -c "create database $database"
    on "$env" "$database" -1 -f "$ops/sql/department/$name.sql" >/dev/null
    on "$env" "$database" -1 -v parcels="${PARCELS:-220000}" -v observations="${OBSERVATIONS:-60000}" -v businesses="${BUSINESSES:-15000}" \
        -v facilities="${FACILITIES:-500}" -v documents="${DOCUMENTS:-10000}" -f "$ops/sql/demo/seed-$name.sql"
    on "$env" "$database" -1 -f "$ops/sql/demo/bad-$name.sql"
    on "$env" "$database" -1 -f "$ops/sql/demo/changes-setup.sql"
    on "$env" "$database" -c "analyze"
}

start_province() {
    local started=() pid name captures=()
    for name in "${SOURCES[@]}"; do captures+=(--capture "$(capture_role "$name"):${name//-/_}"); done
    say "starting Kafka and two PostgreSQL servers"
    "$ops/kafka" up "$home/kafka" --principals "$PRINCIPALS" 9>&- & started+=("$!")
    "$ops/postgres" up "$home/source" --fsync off "${captures[@]}" max_connections=200 max_replication_slots=30 max_wal_senders=30 9>&- & started+=("$!")
    "$ops/postgres" up "$home/store" --fsync off 9>&- & started+=("$!")
    for pid in "${started[@]}"; do wait "$pid"; done

    say "loading invented rows into ${#SOURCES[@]} databases"
    (umask 077 && random_secret >"$home/store/secrets/bangioc_store" && random_secret >"$home/store/secrets/bangioc_open_store")
    for name in "${SOURCES[@]}"; do (umask 077 && random_secret >"$home/source/secrets/$(capture_role "$name")"); done
    started=()
    for name in "${SOURCES[@]}"; do prepare_source "$name" 9>&- & started+=("$!"); done
    for pid in "${started[@]}"; do wait "$pid"; done
    # What each database's administrator does.
    for name in "${SOURCES[@]}"; do
        on "$home/source/env" "${name//-/_}" -v role="$(capture_role "$name")" -v password_file="$home/source/secrets/$(capture_role "$name")" \
            -v tables="$(department_tables "$home/source/env" "${name//-/_}")" -f "$ops/sql/department/capture-access.sql" >/dev/null
    done
    on "$home/store/env" postgres -v password_file="$home/store/secrets/bangioc_store" -f "$ops/sql/store-access.sql"
    on "$home/store/env" postgres -v password_file="$home/store/secrets/bangioc_open_store" -f "$ops/sql/open-store-access.sql"
    # Two people who deal with dead letters: a discard needs both.
    for name in "${OPERATORS[@]}"; do
        (umask 077 && random_secret >"$home/store/secrets/$name")
        on "$home/store/env" shared_store -v name="$name" -v password_file="$home/store/secrets/$name" -f "$ops/sql/operator-access.sql"
    done
}

# start_everything: topics and rights, then every service; needs write_settings before.
start_everything() {
    local name
    say "topics, access rights, registry, schemas"
    prepare_topics 9>&-
    say "starting the shared store, open data and ${#SOURCES[@]} captures"
    start shared-store shared-store 9>&-
    start open-data open-data 9>&-
    for name in "${SOURCES[@]}"; do start capture "capture-$name" 9>&-; done
}
