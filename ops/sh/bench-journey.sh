# Source → Kafka, Kafka → store and both, beside pg_recvlogical, COPY and upsert, and Debezium. Sourced by
# ops/bench, never run. Uses its measuring functions.
# shellcheck shell=bash disable=SC2154,SC2034

SOURCES=(so-nnmt)
rows=${ROWS:-1000000}

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
topic=caobang.shared.so-nnmt.land-parcel

# Offsets by Kafka's own client, asked over a pipe: starting a program for each look would cost more than
# what is measured.
(
    umask 077
    printf '%s\n' "bootstrap.servers=$(value "$home/kafka/env" KAFKA)" security.protocol=SASL_PLAINTEXT sasl.mechanism=SCRAM-SHA-512 \
        "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"admin\" password=\"$(cat "$home/kafka/secrets/admin")\";" >"$home/secrets/admin.properties"
)
coproc OFFSETS { exec java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$home/kafka/log4j2.properties" -cp "$KAFKA_LIBS/*" "$ops/jars/EndOffsets.java" "$home/secrets/admin.properties" 9>&-; }
in_topic() { local n; echo "$1" >&"${OFFSETS[1]}"; read -r n <&"${OFFSETS[0]}"; echo "$n"; }
in_store() { ask "$store_env" shared_store "select coalesce(sum(next_offset), 0) from flow.lease where topic = '$topic'" 2>/dev/null || echo 0; }
in_peer_table() { ask "$store_env" peers "select count(*) from land_parcel" 2>/dev/null || echo 0; }

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

load() { say "loading $rows rows in transactions of 1,000"; on "$source_env" so_nnmt -v first="$1" -v rows="$rows" -f "$ops/sql/bench/parcels.sql"; }

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
        publication.name=bangioc publication.autocreate.mode=disabled table.include.list=dept.land_parcel snapshot.mode=no_data max.batch.size=8192 max.queue.size=32768 \
        topic.creation.default.replication.factor=1 topic.creation.default.partitions=3
}

# ---- the slots come first, so that every reader has the same rows before it ----------------------------------
say "capture makes its slot and copies the empty tables"
start capture capture-so-nnmt 9>&-
until [ "$(ask "$source_env" so_nnmt "select count(*) from pg_replication_slots where active and not temporary")" = 1 ]; do watch_services; sleep 0.2; done
sleep 5
watch_services
stop_one capture-so-nnmt
for slot in limit dbz dbzsink; do ask "$source_env" so_nnmt "select pg_create_logical_replication_slot('$slot', 'pgoutput')" >/dev/null; done
load 0

say "source → Kafka: pg_recvlogical"
recvlogical limit
limit=$(rate "$rows" "$took_ms")
info capture.pg_recvlogical_rows_per_s "$limit"

say "source → Kafka: Ban Gioc"
start capture capture-so-nnmt 9>&-
time_until "${service_pid[capture-so-nnmt]}" "$rows" 600 0.1 in_topic "$topic"
capture=$(rate "$took_rows" "$took_ms")
info capture.rows_per_s "$capture"
info capture.cpu_s "$cpu"
capture_peak=$peak
stop_one capture-so-nnmt

say "source → Kafka: Debezium"
schemas=false
debezium_capture dbz dbz
time_until "$peer_pid" "$rows" 900 0.1 in_topic dbz.dept.land_parcel
debezium=$(rate "$took_rows" "$took_ms")
[ "$undelivered" = 0 ] || info capture.debezium_undelivered_rows "$undelivered"
info capture.debezium_rows_per_s "$debezium"
info capture.debezium_cpu_s "$cpu"
info capture.debezium_peak_mb "$peak"
stop_one debezium-dbz

# ---- Kafka → store ------------------------------------------------------------------------------------
# Before the peer and after it, each time into an empty store: a machine drifts by more than what is looked for.
sink_ms=0 sink_rows=0 sink_peak=0
sink_once() {
    say "Kafka → store: Ban Gioc"
    start shared-store shared-store 9>&-
    time_until "${service_pid[shared-store]}" "$rows" 600 0.1 in_store
    sink_ms=$((sink_ms + took_ms)) sink_rows=$((sink_rows + took_rows))
    [ "$peak" -le "$sink_peak" ] || sink_peak=$peak
    info sink.rows_per_s "$(rate "$took_rows" "$took_ms")"
    info sink.cpu_s "$cpu"
    local stored
    stored=$(ask "$store_env" shared_store "select count(*) from shared.land_parcel")
    [ "$stored" = "$rows" ] || fail "the store holds $stored of $rows rows" "what was measured is worth nothing then"
    stop_one shared-store
}
sink_once

say "Kafka → store: COPY and upsert, the limit of one connection"
{
    on "$source_env" so_nnmt -f "$ops/sql/bench/export.sql" >"$home/parcels.csv"
    on "$store_env" peers -f "$ops/sql/bench/target.sql"
    started=$(now_ms)
    on "$store_env" peers -f "$ops/sql/bench/copy-upsert.sql" <"$home/parcels.csv"
    upsert=$(rate "$rows" "$(($(now_ms) - started))")
    rm -f "$home/parcels.csv"
    on "$store_env" peers -c "drop table land_parcel"
}
info sink.copy_upsert_rows_per_s "$upsert"

say "Kafka → store: Debezium's JDBC sink (its topic is written first, with schemas)"
schemas=true
debezium_capture dbzsink dbzs
time_until "$peer_pid" "$rows" 900 0.5 in_topic dbzs.dept.land_parcel
stop_one debezium-dbzs
connect debezium-jdbc connector.class=io.debezium.connector.jdbc.JdbcSinkConnector topics=dbzs.dept.land_parcel \
    "connection.url=jdbc:postgresql://127.0.0.1:$(value "$store_env" PGPORT)/peers?reWriteBatchedInserts=true" connection.username=postgres \
    "connection.password=$(value "$store_env" PGPASSWORD)" insert.mode=upsert delete.enabled=true primary.key.mode=record_key schema.evolution=basic \
    batch.size=5000 use.reduction.buffer=true consumer.override.max.poll.records=5000 collection.name.format=land_parcel
time_until "$peer_pid" "$(in_topic dbzs.dept.land_parcel)" 900 1 in_peer_table
jdbc=$(rate "$took_rows" "$took_ms")
[ "$undelivered" = 0 ] || info sink.debezium_undelivered_rows "$undelivered"
info sink.debezium_jdbc_rows_per_s "$jdbc"
info sink.debezium_jdbc_cpu_s "$cpu"
info sink.debezium_jdbc_peak_mb "$peak"
stop_one debezium-jdbc
on "$store_env" peers -c "drop table land_parcel"

on "$store_env" postgres -c "drop database shared_store" -c "create database shared_store owner bangioc_store"
sink_once
sink=$(rate "$sink_rows" "$sink_ms")

# ---- both at once -------------------------------------------------------------------------------------
for slot in dbz dbzsink; do ask "$source_env" so_nnmt "select pg_drop_replication_slot('$slot')" >/dev/null; done
load "$rows"
recvlogical limit
limit_ms=$took_ms
say "source → Kafka → store: Ban Gioc"
start shared-store shared-store 9>&-
start capture capture-so-nnmt 9>&-
time_until "${service_pid[shared-store]}" $((2 * rows)) 600 0.1 in_store
journey=$(rate "$took_rows" "$took_ms")
info journey.rows_per_s "$journey"
info journey.shared_store_cpu_s "$cpu"
[ "$peak" -le "$sink_peak" ] || sink_peak=$peak
peak=$(peak_mb "${service_pid[capture-so-nnmt]}")
[ "$peak" -le "$capture_peak" ] || capture_peak=$peak

# ---- what it comes to ---------------------------------------------------------------------------------
info capture.ratio_to_pg_recvlogical "$(ratio "$capture" "$limit")"
info sink.ratio_to_copy_upsert "$(ratio "$sink" "$upsert")"
info journey.ratio_to_pg_recvlogical "$(ratio "$journey" "$(rate "$rows" "$limit_ms")")"
result capture.ratio_to_debezium "$(ratio "$capture" "$debezium")" 2 at-least
result sink.ratio_to_debezium_jdbc "$(ratio "$sink" "$jdbc")" 5 at-least
result capture.peak_mb "$capture_peak" 150 below
result shared_store.peak_mb "$sink_peak" 150 below
result registry.peak_mb "$(peak_mb "${service_pid[registry]}")" 150 below
