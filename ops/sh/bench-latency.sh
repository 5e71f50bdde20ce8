# From a commit at the source to the value in the store, as whoever reads the store sees it, at rest and under load, and
# after a pause; beside the least that any such way takes. Sourced by ops/bench, never run. Uses its measuring functions
# and those of bench-readers.sh.
# shellcheck shell=bash disable=SC2154

# shellcheck source=bench-readers.sh
. "$ops/sh/bench-readers.sh"
start_bench
jdbc=$(printf '%s\n' "$BANGIOC_CACHE/debezium-$DEBEZIUM_VERSION"/debezium-connector-postgres/postgresql-*.jar | head -n 1)
seconds=${SECONDS_OF_LOAD:-120}

on "$source_env" so_nnmt -v first=0 -v rows=4096 -v size=1000 -f "$ops/sql/bench/parcels.sql"
start shared-store shared-store 9>&-
start capture capture-so-nnmt 9>&-
until_s=$((SECONDS + 60))
until [ "$(ask "$store_env" shared_store "select count(*) from shared.land_parcel" 2>/dev/null || echo 0)" = 4096 ]; do
    watch_services
    [ "$SECONDS" -lt "$until_s" ] || fail "the store does not fill" "see $home/log"
    sleep 0.2
done
ask "$source_env" so_nnmt "select pg_create_logical_replication_slot('floor', 'pgoutput')" >/dev/null

url() { echo "jdbc:postgresql://127.0.0.1:$(value "$1" PGPORT)/$2?user=postgres&password=$(value "$1" PGPASSWORD)"; }
(
    umask 077
    printf '%s\n' "source.url=$(url "$source_env" so_nnmt)" "store.url=$(url "$store_env" shared_store)" "peers.url=$(url "$store_env" peers)" topic=floor
    sed 's/^/kafka./' "$home/secrets/admin.properties"
) >"$home/secrets/latency.properties"
# latency WHAT…: sets `seen`, count p50 p99 max.
latency() {
    read -ra seen < <(java -Xmx256m -XX:+UseSerialGC "-Dlog4j2.configurationFile=$home/kafka/log4j2.properties" -cp "$KAFKA_LIBS/*:$jdbc" \
        "$ops/jars/Latency.java" "$home/secrets/latency.properties" "$@" 9>&-)
    [ "${#seen[@]}" = 4 ] || fail "nothing was measured" "see above"
    watch_services
}
# more TIMES NUMBER LEAST: so many times the number, at least the other. Below its floor no machine gets.
more() { awk -v times="$1" -v a="$2" -v least="$3" 'BEGIN {printf "%.1f", (times * a > least ? times * a : least)}'; }

say "the floor: replication stream, one record, one COPY and merge"
latency floor 800
info latency.floor.p50_ms "${seen[1]}"
info latency.floor.p99_ms "${seen[2]}"
most_p50=$(more 1.5 "${seen[1]}" 5) most_p99=$(more 2 "${seen[2]}" 25)
for commits in ${RATES:-1 500 2000}; do
    say "$commits commits/s for $seconds s"
    latency rate "$commits" "$seconds"
    info "latency.at_$commits.values" "${seen[0]}"
    result "latency.at_$commits.p50_ms" "${seen[1]}" "$most_p50" below
    result "latency.at_$commits.p99_ms" "${seen[2]}" "$most_p99" below
    info "latency.at_$commits.max_ms" "${seen[3]}"
done
pause=${SECONDS_AT_REST:-600}
say "$pause s of rest, then one"
sleep "$pause"
latency rate 1 1
result latency.after_rest_ms "${seen[3]}" 100 below
