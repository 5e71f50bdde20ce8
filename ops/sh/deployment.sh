# Settings files, services and their end, for the demo and the bench. Sourced after words.sh and
# postgres.sh, never run. Uses: home (the folder that everything is written to), bangioc (the binary).
# shellcheck shell=bash disable=SC2154,SC2034

declare -A service_pid=()

# The province's databases: one capture each.
SOURCES=(so-nnmt so-tp so-gddt national so-tc so-vhttdl vp-ubnd so-yt ca-tinh)
# People who move datasets and deal with dead letters, each with a Kafka user and a login in the shared store.
OPERATORS=(lan hung)
PRINCIPALS=registry,shared-store,open-data,dead-letter$(printf ',operator-%s' "${OPERATORS[@]}")$(printf ',capture-%s' "${SOURCES[@]}")

# Each department's database knows its capture by a role of its own, and that by a password of its own.
capture_role() { echo "bangioc_capture_${1//-/_}"; }

# department_tables ENVFILE DATABASE: every table of the department's but what demo and bench put beside them.
department_tables() {
    ask "$1" "$2" "select string_agg(format('dept.%I', relname), ', ' order by relname) from pg_class
        where relnamespace = 'dept'::regnamespace and relkind in ('r', 'p') and not relispartition and relname not in ('commune', 'seeded_bad')"
}

# value ENVFILE KEY
value() { sed -n "s/^$2=//p" "$1"; }

# build [FEATURES]: the binary, with a sign of life while it takes its time. BANGIOC_BINARY names one that is there
# already. With `breakable` protections can be switched off; what people run has no such switch, and that is looked at.
build() {
    if [ -n "${BANGIOC_BINARY:-}" ]; then
        bangioc=$BANGIOC_BINARY
        [ -x "$bangioc" ] || fail "no binary at $bangioc"
        return
    fi
    local log=$home/log/build.log said=$SECONDS pid
    mkdir -p "$home/log"
    (cd "$BANGIOC_ROOT" && exec cargo build --release -p bangioc --features "${1:-}" --color never >"$log" 2>&1) &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        [ "$((SECONDS - said))" -ge 15 ] || continue
        said=$SECONDS
        say "building: $(grep -c '^ *Compiling' "$log" || true) crates so far, $(tail -n 1 "$log" | tr -s ' ')"
    done
    wait "$pid" || { tail -n 20 "$log" >&2; fail "the build failed" "see $log"; }
    bangioc=${CARGO_TARGET_DIR:-$BANGIOC_ROOT/target}/release/bangioc
    [ -x "$bangioc" ] || fail "no binary at $bangioc"
    [ -n "${1:-}" ] || ! grep -qaE 'BANGIOC_(BREAK|FAILPOINT)' "$bangioc" || fail "$bangioc can be broken by a variable" "that is a defect: only a build with \`breakable\` may"
}

# settings NAME PRINCIPAL [TABLE…]: target/…/NAME.toml for one service. Further sections come on stdin.
settings() {
    local name=$1 principal=$2
    service_port=$(free_port)
    {
        printf '# Written by %s.\n' "$(basename "$0")"
        printf 'prefix = "caobang"\ncontracts = "%s"\n\n' "${SCHEMAS:-$BANGIOC_ROOT/schemas}"
        printf '[kafka]\nbrokers = "%s"\nsecurity = "sasl_plaintext"\nuser = "%s"\npassword_file = "%s"\nreplication = 1\n\n' \
            "$(value "$home/kafka/env" KAFKA)" "$principal" "$home/kafka/secrets/$principal"
        registry_section "$principal"
        printf '[metrics]\nlisten = "127.0.0.1:%s"\n\n[log]\nformat = "text"\nlevel = "%s"\n\n' "$service_port" "${BANGIOC_LOG:-info}"
        cat
    } >"$home/$name.toml"
    service_ports[$name]=$service_port
}
declare -A service_ports=()

# registry_section PRINCIPAL: the registry's own, or that of one of its users.
registry_section() {
    if [ "$1" = registry ]; then
        printf '[registry]\nlisten = "127.0.0.1:%s"\nusers_dir = "%s"\n\n' "$registry_port" "$home/registry-users"
    else
        printf '[registry]\nurl = "http://127.0.0.1:%s"\nuser = "%s"\npassword_file = "%s"\n\n' "$registry_port" "$1" "$home/secrets/registry/$1"
    fi
}

# registry_users: Kafka's users at the registry, with passwords of their own; it keeps their digests alone. What a service
# may do there follows from the contracts.
registry_users() {
    local user
    rm -rf "$home/registry-users"
    umask 077
    mkdir -p "$home/registry-users" "$home/secrets/registry"
    for user in admin ${PRINCIPALS//,/ }; do
        [ "$user" != registry ] || continue
        random_secret >"$home/secrets/registry/$user"
        { registry_digest <"$home/secrets/registry/$user"; registry_rights "$user"; } >"$home/registry-users/$user"
    done
}

source_section() {
    printf '[source]\nname = "%s"\nhost = "%s"\nport = %s\nuser = "%s"\npassword_file = "%s"\ndatabase = "%s"\ntls = "off"\n' \
        "$1" 127.0.0.1 "$(value "$home/source/env" PGPORT)" "$(capture_role "$1")" "$home/source/secrets/$(capture_role "$1")" "${1//-/_}"
}
# store_section [USER]
store_section() {
    local user=${1:-bangioc_store}
    printf '[store]\nhost = "127.0.0.1"\nport = %s\nuser = "%s"\npassword_file = "%s"\ndatabase = "shared_store"\ntls = "off"\n' \
        "$(value "$home/store/env" PGPORT)" "$user" "$home/store/secrets/$user"
}
# sink_section SECRET: the two sides share none.
sink_section() { printf '\n[sink]\nsecret_file = "%s"\n' "$home/secrets/$1"; }

open_section() {
    printf '[open-store]\nhost = "127.0.0.1"\nport = %s\nuser = "bangioc_open_store"\npassword_file = "%s"\ndatabase = "open_store"\ntls = "off"\n' \
        "$(value "$home/store/env" PGPORT)" "$home/store/secrets/bangioc_open_store"
    printf '\n[open-data]\ndir = "%s"\nlisten = "127.0.0.1:%s"\nbase_url = "http://127.0.0.1:%s"\n' "$home/open" "$open_port" "$open_port"
}

# reconcile_section: where the sources are stands in their captures' settings.
reconcile_section() {
    printf '\n[reconcile]\nsources = [%s]\nopen_secret_file = "%s"\nsigning_key_file = "%s"\n' \
        "$(printf "\"$home/capture-%s.toml\", " "${SOURCES[@]}")" "$home/secrets/open-sink" "$home/secrets/statements"
}

# operators_section: who `topic apply` makes an operator.
operators_section() { printf '\n[operators]\nnames = [%s]\n' "$(printf '"%s", ' "${OPERATORS[@]}")"; }

# write_settings: one file for each service, `admin.toml` for who makes topics and rights, and of each person two:
# `operator-NAME.toml` for whoever runs the platform, with the stores' own logins (`bangioc.toml` is the first
# person's), and `NAME.toml` with a login of their own in the shared store, for what two people have to agree on.
write_settings() {
    local name
    registry_port=$(free_port)
    open_port=$(free_port)
    (umask 077 && mkdir -p "$home/secrets" && random_secret >"$home/secrets/sink" && random_secret >"$home/secrets/open-sink" && { random_secret; random_secret; } >"$home/secrets/statements")
    (registry_users)
    settings registry registry </dev/null
    settings shared-store shared-store < <(store_section; sink_section sink)
    settings open-data open-data < <(open_section; sink_section open-sink)
    for name in "${SOURCES[@]}"; do settings "capture-$name" "capture-$name" < <(source_section "$name"); done
    for name in "${OPERATORS[@]}"; do settings "operator-$name" "operator-$name" < <(store_section; sink_section sink; open_section; reconcile_section); done
    cp "$home/operator-${OPERATORS[0]}.toml" "$home/bangioc.toml"
    settings admin admin < <(store_section; sink_section sink; open_section; operators_section)
    for name in "${OPERATORS[@]}"; do settings "$name" "operator-$name" < <(store_section "$name"; sink_section sink); done
}

# start SERVICE NAME: in the background, its words to log/NAME.log.
start() {
    "$bangioc" --config "$home/$2.toml" run "$1" >>"$home/log/$2.log" 2>&1 </dev/null &
    service_pid[$2]=$!
}

# watch_services: fails when one of them has ended by itself.
watch_services() {
    local name
    for name in "${!service_pid[@]}"; do
        kill -0 "${service_pid[$name]}" 2>/dev/null && continue
        wait "${service_pid[$name]}" && fail "$name stopped by itself" "see $home/log/$name.log"
        local code=$?
        tail -n 15 "$home/log/$name.log" >&2
        unset "service_pid[$name]"
        fail "$name stopped with exit code $code" "its own words are above, all of them in $home/log/$name.log"
    done
}

# stop_services: asks all, waits for all, then insists.
stop_services() {
    local name until_s=$((SECONDS + 15))
    for name in "${!service_pid[@]}"; do kill -TERM "${service_pid[$name]}" 2>/dev/null || true; done
    for name in "${!service_pid[@]}"; do
        while kill -0 "${service_pid[$name]}" 2>/dev/null && [ "$SECONDS" -lt "$until_s" ]; do sleep 0.1; done
        if kill -0 "${service_pid[$name]}" 2>/dev/null; then
            kill -KILL "${service_pid[$name]}" 2>/dev/null || true
            echo "$name did not stop when asked and was killed" >&2
        fi
        wait "${service_pid[$name]}" 2>/dev/null || true
    done
    service_pid=()
}

# prepare_topics: topics, access rights, registry, schemas. The registry waits for its topic and its rights,
# `topic apply` makes them and waits for the registry, which the schemas go to.
prepare_topics() {
    local log=$home/log/topic-apply.log
    start registry registry
    # In the background: bash hears Ctrl-C only between commands, and a wait is one that it ends.
    "$bangioc" --config "$home/admin.toml" topic apply >"$log" 2>&1 </dev/null &
    if ! wait "$!"; then
        watch_services
        tail -n 30 "$log" >&2
        fail "\`bangioc topic apply\` failed" "its own words are above"
    fi
}
