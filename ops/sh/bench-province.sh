# The whole province at rest: what the services take of a core while nothing changes, beside the cheapest poller,
# what they hold in memory, and how long a person waits. Sourced by ops/bench, never run.
# shellcheck shell=bash disable=SC2154

# shellcheck source=province.sh
. "$ops/sh/province.sh"
start_province
write_settings
start_everything

say "waiting until every dataset streams and nothing moves"
# How many datasets are not there yet, of both sides, and how many rows there are.
standing() {
    "$bangioc" --config "$home/bangioc.toml" status --output json | python3 -c '
import json, sys
status = json.load(sys.stdin)
sides = [status, status["open"]]
print(sum(one["state"]["is"] != "streaming" for side in sides for one in side["datasets"]), sum(one["store_rows"] for side in sides for one in side["datasets"]))'
}
until_s=$((SECONDS + 300)) before=""
until now=$(standing) && [ "${now% *}" = 0 ] && [ "$now" = "$before" ]; do
    before=$now
    watch_services
    [ "$SECONDS" -lt "$until_s" ] || fail "${now% *} datasets do not stream after 300 s" "see $home/log"
    sleep 3
done
info province.rows "${now#* }"

# ticks PID…: processor time so far of all of them, in clock ticks.
ticks() {
    local pid
    for pid in "$@"; do awk '{sub(/.*\) /, ""); print $12 + $13}' "/proc/$pid/stat"; done | awk '{sum += $1} END {print sum + 0}'
}
# percent TICKS MS: of one core.
percent() { awk -v ticks="$1" -v ms="$2" -v hz="$clock_ticks" 'BEGIN {printf "%.2f", ticks / hz * 100000 / ms}'; }

say "watching ${SECONDS_AT_REST:-60} s of rest, beside one psql for each database that asks once a second"
pollers=()
for name in "${SOURCES[@]}"; do
    (
        set -a
        # shellcheck disable=SC1091
        . "$home/source/env"
        PGDATABASE=${name//-/_} PGAPPNAME=poller exec "$POSTGRES_BIN/psql" -X -q -A -t <<<'select pg_current_wal_insert_lsn() \watch 1' >/dev/null
    ) 9>&- &
    service_pid[poller-$name]=$! pollers+=("$!")
done
sleep 5
mapfile -t backends < <(ask "$home/source/env" postgres "select pid from pg_stat_activity where application_name = 'poller'")
[ "${#backends[@]}" = "${#SOURCES[@]}" ] || fail "${#backends[@]} of ${#SOURCES[@]} pollers are at work"
services=()
for name in "${!service_pid[@]}"; do [[ $name = poller-* ]] || services+=("${service_pid[$name]}"); done
started=$(now_ms) services_before=$(ticks "${services[@]}") pollers_before=$(ticks "${pollers[@]}" "${backends[@]}")
declare -A one_before=()
for name in "${!service_pid[@]}"; do one_before[$name]=$(ticks "${service_pid[$name]}"); done
sleep "${SECONDS_AT_REST:-60}"
watch_services
took=$(($(now_ms) - started))
idle=$(percent $(($(ticks "${services[@]}") - services_before)) "$took")
polling=$(percent $(($(ticks "${pollers[@]}" "${backends[@]}") - pollers_before)) "$took")
info idle.services "${#services[@]}"
for name in shared-store open-data registry capture-national; do
    info "idle.${name//-/_}_cpu_percent" "$(percent $(($(ticks "${service_pid[$name]}") - one_before[$name])) "$took")"
done
info idle.pollers_cpu_percent "$polling"
info idle.ratio_to_pollers "$(ratio "$idle" "$polling")"

# fastest COMMAND…: seconds of the fastest of three runs.
fastest() {
    local began best="" took
    for _ in 1 2 3; do
        began=$(now_ms)
        "$@" >/dev/null
        took=$(($(now_ms) - began))
        [ -n "$best" ] && [ "$took" -ge "$best" ] || best=$took
    done
    awk -v ms="$best" 'BEGIN {printf "%.2f", ms / 1000}'
}
check_s=$(fastest "$bangioc" --config "$home/bangioc.toml" contract check)
status_s=$(fastest "$bangioc" --config "$home/bangioc.toml" status)

result idle.cpu_percent "$idle" 2 below
for name in registry shared-store open-data; do result "${name//-/_}.peak_mb" "$(peak_mb "${service_pid[$name]}")" 150 below; done
capture_peak=0
for name in "${SOURCES[@]}"; do
    peak=$(peak_mb "${service_pid[capture-$name]}")
    [ "$peak" -le "$capture_peak" ] || capture_peak=$peak
done
result capture.peak_mb "$capture_peak" 150 below
result contract.check_s "$check_s" 1 below
result status.s "$status_s" 1 below
