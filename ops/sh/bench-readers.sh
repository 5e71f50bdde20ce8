# What every bench of the record's path needs: Kafka, a source, a store, and those who read them. Sourced by
# bench-*.sh, never run.
# shellcheck shell=bash disable=SC2154,SC2034

SOURCES=(so-nnmt)
rows=${ROWS:-1000000}

start_bench() {
    say "starting Kafka and two PostgreSQL servers"
    # Measured, so with the better compiler and room for it, unlike in the demo.
    KAFKA_HEAP=1g KAFKA_JVM="-XX:+UseSerialGC" "$ops/kafka" up "$home/kafka" --principals "$PRINCIPALS" 9>&-
    "$ops/postgres" up "$home/source" max_wal_size=4GB max_slot_wal_keep_size=20GB shared_buffers=256MB 9>&-
    "$ops/postgres" up "$home/store" max_wal_size=4GB shared_buffers=256MB 9>&-
    role=$(capture_role so-nnmt)
    (umask 077 && random_secret >"$home/source/secrets/$role" && random_secret >"$home/store/secrets/bangioc_store")
    source_env=$home/source/env store_env=$home/store/env
    on "$source_env" postgres -c "create database so_nnmt"
    on "$source_env" so_nnmt -f "$ops/sql/department/so-nnmt.sql" >/dev/null
    on "$source_env" so_nnmt -v role="$role" -v password_file="$home/source/secrets/$role" -v tables="$(department_tables "$source_env" so_nnmt)" -f "$ops/sql/department/capture-access.sql" >/dev/null
    on "$store_env" postgres -v password_file="$home/store/secrets/bangioc_store" -f "$ops/sql/store-access.sql"
    on "$store_env" postgres -c "create database peers"

    write_settings
    prepare_topics 9>&-

    # Offsets by Kafka's own client, asked over a pipe: starting a program for each look would cost more than
    # what is measured.
    (
        umask 077
        printf '%s\n' "bootstrap.servers=$(value "$home/kafka/env" KAFKA)" security.protocol=SASL_PLAINTEXT sasl.mechanism=SCRAM-SHA-512 \
            "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"admin\" password=\"$(cat "$home/kafka/secrets/admin")\";" >"$home/secrets/admin.properties"
    )
    coproc OFFSETS { exec java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$home/kafka/log4j2.properties" -cp "$KAFKA_LIBS/*" "$ops/jars/EndOffsets.java" "$home/secrets/admin.properties" 9>&-; }
}
in_topic() { local n; echo "$1" >&"${OFFSETS[1]}"; read -r n <&"${OFFSETS[0]}"; echo "$n"; }
in_store() { ask "$store_env" shared_store "select coalesce(sum(next_offset), 0) from flow.lease where topic = '$topic'" 2>/dev/null || echo 0; }
# in_peer_table CONDITION: how many rows of Debezium's sink keep it.
in_peer_table() { ask "$store_env" peers "select count(*) from land_parcel where $1" 2>/dev/null || echo 0; }

# time_until PID TARGET LIMIT_S PAUSE COMMAND…: waits until the command's number, which starts at some base, has
# grown to TARGET. Sets `took_ms` (from the first row seen), `took_rows`, `cpu`, `peak`, and `undelivered`: a peer that
# brings nothing for 15 s is taken to be done with what it brought (Debezium was once seen to stop at 918,934 of
# 1,000,000); what is ours must bring all.
time_until() {
    local pid=$1 target=$2 until_s=$((SECONDS + $3)) pause=$4 base first_ms="" first n cpu0=0 last_n=0 last_ms=0
    shift 4
    base=$("$@")
    while :; do
        n=$("$@")
        if [ -z "$first_ms" ] && [ "$n" -gt "$base" ]; then first_ms=$(now_ms) first=$n cpu0=$(cpu_s "$pid"); fi
        [ "$n" = "$last_n" ] || { last_n=$n last_ms=$(now_ms); }
        [ "$n" -lt "$target" ] || break
        kill -0 "$pid" 2>/dev/null || fail "it stopped at $n of $target rows" "see $home/log"
        [ "$SECONDS" -lt "$until_s" ] || fail "only $n of $target rows in time" "see $home/log"
        [ "$pid" != "${peer_pid:-}" ] || [ -z "$first_ms" ] || [ "$(($(now_ms) - last_ms))" -lt 15000 ] || break
        sleep "$pause"
    done
    took_ms=$((last_ms - first_ms)) took_rows=$(((n < target ? n : target) - first)) undelivered=$((n < target ? target - n : 0))
    cpu=$(awk -v a="$(cpu_s "$pid")" -v b="$cpu0" 'BEGIN {printf "%.1f", a - b}') peak=$(peak_mb "$pid")
}

# copy_nothing NAME: a capture makes its slot and copies the empty tables, so that it has what comes as every reader has it.
copy_nothing() {
    start capture "$1" 9>&-
    until grep -q 'copy done dataset="land-parcel"' "$home/log/$1.log"; do watch_services; sleep 0.2; done
    stop_one "$1"
}

# recvlogical SLOT: how long PostgreSQL's own tool takes to drain it; sets `took_ms`.
recvlogical() {
    local end started
    end=$(ask "$source_env" so_nnmt "select pg_current_wal_lsn()")
    started=$(now_ms)
    # shellcheck disable=SC1090
    (set -a; . "$source_env"; exec "$POSTGRES_BIN/pg_recvlogical" -d so_nnmt --slot "$1" --start -o proto_version=1 -o publication_names=bangioc --endpos="$end" -f - >/dev/null)
    took_ms=$(($(now_ms) - started))
}

# connect NAME LINE…: Kafka Connect with one connector; sets `peer_pid`.
connect() {
    local name=$1 work=$home/peers/$1 prefix
    shift
    mkdir -p "$work"
    (
        umask 077
        for prefix in "" producer. consumer. admin.; do sed "s/^/$prefix/" "$home/secrets/admin.properties"; done
        # JSON, the fastest converter that Maven Central has: kind to the peer, since ours is Avro.
        printf '%s\n' key.converter=org.apache.kafka.connect.json.JsonConverter value.converter=org.apache.kafka.connect.json.JsonConverter \
            "key.converter.schemas.enable=$schemas" "value.converter.schemas.enable=$schemas" "offset.storage.file.filename=$work/offsets" offset.flush.interval.ms=10000 \
            "plugin.path=$BANGIOC_CACHE/debezium-$DEBEZIUM_VERSION" plugin.discovery=service_load \
            producer.compression.type=lz4 producer.linger.ms=10 producer.batch.size=524288 consumer.max.poll.records=5000 "listeners=http://127.0.0.1:$(free_port)"
    ) >"$work/worker.properties"
    (umask 077 && printf '%s\n' "name=$name" tasks.max=1 "$@" >"$work/connector.properties")
    java "-Xmx${HEAP:-2g}" "-Dlog4j2.configurationFile=$home/kafka/log4j2.properties" -cp "$BANGIOC_CACHE/kafka-connect-$KAFKA_VERSION/libs/*" \
        org.apache.kafka.connect.cli.ConnectStandalone "$work/worker.properties" "$work/connector.properties" >"$home/log/$name.log" 2>&1 </dev/null 9>&- &
    peer_pid=$!
    service_pid[$name]=$peer_pid
}
# debezium_capture SLOT PREFIX
debezium_capture() {
    connect "debezium-$2" connector.class=io.debezium.connector.postgresql.PostgresConnector database.hostname=127.0.0.1 "database.port=$(value "$source_env" PGPORT)" \
        database.user=postgres "database.password=$(value "$source_env" PGPASSWORD)" database.dbname=so_nnmt "topic.prefix=$2" plugin.name=pgoutput "slot.name=$1" \
        publication.name=bangioc publication.autocreate.mode=disabled table.include.list=dept.land_parcel "snapshot.mode=${snapshot:-no_data}" max.batch.size=8192 max.queue.size=32768 \
        topic.creation.default.replication.factor=1 topic.creation.default.partitions=3
}
# debezium_sink PREFIX: from the topic that Debezium filled, into the database `peers`.
debezium_sink() {
    connect debezium-jdbc connector.class=io.debezium.connector.jdbc.JdbcSinkConnector "topics=$1.dept.land_parcel" \
        "connection.url=jdbc:postgresql://127.0.0.1:$(value "$store_env" PGPORT)/peers?reWriteBatchedInserts=true" connection.username=postgres \
        "connection.password=$(value "$store_env" PGPASSWORD)" insert.mode=upsert delete.enabled=true primary.key.mode=record_key schema.evolution=basic \
        batch.size=5000 use.reduction.buffer=true consumer.override.max.poll.records=5000 collection.name.format=land_parcel
}

# ---- by turns, in rounds: `rates`, `cpus`, `ratios` and `peaks` over SHAPE and READER ---------------------------
# in_turn ROUND: the readers, each round beginning with another.
in_turn() { printf '%s\n' "${readers[@]:$(($1 % ${#readers[@]}))}" "${readers[@]:0:$(($1 % ${#readers[@]}))}"; }
# median NUMBER…, and spread NUMBER…: how far the outermost lie apart, in hundredths of the median.
median() { printf '%s\n' "$@" | sort -n | awk '{v[NR] = $1} END {print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2)}'; }
spread() { printf '%s\n' "$@" | sort -n | awk -v m="$(median "$@")" '{v[NR] = $1} END {printf "%d", (v[NR] - v[1]) * 100 / (m > 0 ? m : 1)}'; }

declare -A rates=() cpus=() ratios=() peaks=() rate_now=()
# keep SHAPE READER ROUND: what was measured last.
keep() {
    rate_now[$2]=$(rate "$took_rows" "$took_ms")
    rates[$1.$2]+=" ${rate_now[$2]}"
    [ "$2" = limit ] || cpus[$1.$2]+=" $(awk -v s="$cpu" -v n="$took_rows" 'BEGIN {printf "%.1f", s * 1e6 / n}')"
    [ "$peak" -le "${peaks[$2]:-0}" ] || peaks[$2]=$peak
    say "$1, round $3 of $rounds: $2 ${rate_now[$2]} rows/s$([ "$2" = limit ] || echo ", $cpu s of processor time")"
}
# compare SHAPE: the readers of this round with one another.
compare() {
    local reader
    for reader in "${readers[@]}"; do
        [ -z "${rate_now[limit]:-}" ] || ratios[$1.$reader.limit]+=" $(ratio "${rate_now[$reader]}" "${rate_now[limit]}")"
        [ -z "${rate_now[debezium]:-}" ] || ratios[$1.$reader.debezium]+=" $(ratio "${rate_now[$reader]}" "${rate_now[debezium]}")"
    done
    rate_now=()
}
# show_rates BENCH: medians over the rounds.
show_rates() {
    local shape reader
    # shellcheck disable=SC2086 # lists of numbers
    for shape in "${shapes[@]}"; do
        for reader in "${readers[@]}"; do
            info "$1.$shape.$reader.rows_per_s" "$(median ${rates[$shape.$reader]}) (spread $(spread ${rates[$shape.$reader]}) %)"
            [ "$reader" = limit ] || info "$1.$shape.$reader.cpu_us_per_row" "$(median ${cpus[$shape.$reader]})"
        done
    done
}
# goal BENCH PEER SHAPE READER AGAINST AT-LEAST
# shellcheck disable=SC2086 # a list of numbers
goal() { [ -z "${ratios[$3.$4.$5]:-}" ] || result "$1.$3.$4.ratio_to_$2" "$(median ${ratios[$3.$4.$5]})" "$6" at-least; }
