# Source → Kafka, Kafka → store and both, beside pg_recvlogical, COPY and upsert, and Debezium. Sourced by
# ops/bench, never run. Uses its measuring functions.
# shellcheck shell=bash disable=SC2154,SC2034

# shellcheck source=bench-readers.sh
. "$ops/sh/bench-readers.sh"
start_bench
topic=caobang.shared.so-nnmt.land-parcel

load() { say "loading $rows rows in transactions of 1,000"; on "$source_env" so_nnmt -v first="$1" -v rows="$rows" -v size=1000 -f "$ops/sql/bench/parcels.sql"; }

# ---- the slots come first, so that every reader has the same rows before it ----------------------------------
say "capture makes its slot and copies the empty tables"
copy_nothing capture-so-nnmt
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
debezium_sink dbzs
time_until "$peer_pid" "$(in_topic dbzs.dept.land_parcel)" 900 1 in_peer_table true
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
