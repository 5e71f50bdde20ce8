# Kafka → store beside COPY and upsert by hand, and Debezium's JDBC sink, in rounds and by turns, so that the machine's
# drift falls on all alike. Inserts go into an empty store, updates change every row of it. Sourced by ops/bench, never
# run. Uses its measuring functions and those of bench-readers.sh.
# shellcheck shell=bash disable=SC2154,SC2034

# shellcheck source=bench-readers.sh
. "$ops/sh/bench-readers.sh"

rounds=${ROUNDS:-3}
read -ra shapes <<<"${SHAPES:-inserts updates}"
read -ra readers <<<"${READERS:-limit ours debezium}"

start_bench
topic=caobang.shared.so-nnmt.land-parcel

# captured COUNT: capture runs until the topic holds so many.
captured() {
    start capture capture-so-nnmt 9>&-
    until [ "$(in_topic "$topic")" -ge "$1" ]; do watch_services; sleep 0.2; done
    stop_one capture-so-nnmt
}
peer_slot() { [[ " ${readers[*]} " != *" debezium "* ]] || "$@"; }

say "loading $rows rows, which capture and Debezium bring to Kafka"
copy_nothing capture-so-nnmt
peer_slot ask "$source_env" so_nnmt "select pg_create_logical_replication_slot('dbz', 'pgoutput')" >/dev/null
on "$source_env" so_nnmt -v first=0 -v rows="$rows" -v size=1000 -f "$ops/sql/bench/parcels.sql"
in_log=$rows
captured "$in_log"
debezium_captured() {
    schemas=true debezium_capture dbz dbz
    until [ "$(in_topic dbz.dept.land_parcel)" -ge "$1" ]; do watch_services; sleep 0.5; done
    stop_one debezium-dbz
}
peer_slot debezium_captured "$in_log"

# empty READER: what it wrote is gone; it begins anew.
empty() {
    case $1 in
        limit) on "$store_env" peers -c "drop table if exists by_hand" -f "$ops/sql/bench/target.sql" -c "alter table land_parcel rename to by_hand" ;;
        ours)
            on "$store_env" postgres -c "drop database shared_store"
            on "$store_env" postgres -v password_file="$home/store/secrets/bangioc_store" -f "$ops/sql/store-access.sql"
            ;;
        debezium) on "$store_env" peers -c "drop table if exists land_parcel" && rm -rf "$home/peers/debezium-jdbc" ;;
    esac
}

# written_by READER WHAT: sets took_ms, took_rows, cpu and peak. WHAT is the condition that tells rows of this round.
written_by() {
    cpu=0 peak=0
    case $1 in
        limit)
            local started
            on "$source_env" so_nnmt -f "$ops/sql/bench/export.sql" >"$home/parcels.csv"
            started=$(now_ms)
            sed 's/\bland_parcel\b/by_hand/' "$ops/sql/bench/copy-upsert.sql" >"$home/copy-upsert.sql"
            on "$store_env" peers -f "$home/copy-upsert.sql" <"$home/parcels.csv"
            took_ms=$(($(now_ms) - started)) took_rows=$rows
            rm -f "$home/parcels.csv"
            ;;
        ours)
            start shared-store shared-store 9>&-
            time_until "${service_pid[shared-store]}" "$in_log" 600 0.1 in_store
            stop_one shared-store
            ;;
        debezium)
            debezium_sink dbz
            time_until "$peer_pid" "$rows" 900 1 in_peer_table "$2"
            stop_one debezium-jdbc
            ;;
    esac
}

round_of() { # SHAPE ROUND WHAT
    local reader
    for reader in $(in_turn "$2"); do
        written_by "$reader" "$3"
        keep "$1" "$reader" "$2"
    done
    compare "$1"
}
for shape in "${shapes[@]}"; do
    for round in $(seq "$rounds"); do
        if [ "$shape" = inserts ]; then
            for reader in "${readers[@]}"; do empty "$reader"; done
            round_of inserts "$round" true
        else
            say "updates: every row is changed once"
            on "$source_env" so_nnmt -v round="$round" -f "$ops/sql/bench/touch.sql"
            in_log=$((in_log + rows))
            captured "$in_log"
            peer_slot debezium_captured "$in_log"
            round_of updates "$round" "address_text like '%lần $round'"
        fi
        stored=$(ask "$store_env" shared_store "select count(*) from shared.land_parcel" 2>/dev/null || echo "$rows")
        [ "$stored" = "$rows" ] || fail "the store holds $stored of $rows rows" "what was measured is worth nothing then"
    done
done

show_rates sink
for shape in "${shapes[@]}"; do
    goal sink copy_upsert "$shape" ours limit 1.0
    goal sink debezium_jdbc "$shape" ours debezium 10
done
[ -z "${peaks[ours]:-}" ] || result sink.peak_mb "${peaks[ours]}" 128 below
[ -z "${peaks[debezium]:-}" ] || info sink.debezium_jdbc.peak_mb "${peaks[debezium]}"
