# Source → Kafka beside pg_recvlogical and Debezium, in rounds: each round loads rows once, and each reader drains them
# from a slot of its own, the order turning from round to round, so that the machine's drift falls on all alike.
# `one` is capture without an open feed, which is what Debezium does; `two` feeds the open side as well. Sourced by
# ops/bench, never run. Uses its measuring functions.
# shellcheck shell=bash disable=SC2154,SC2034

# shellcheck source=bench-readers.sh
. "$ops/sh/bench-readers.sh"

# What is read, and by whom.
rounds=${ROUNDS:-3}
read -ra shapes <<<"${SHAPES:-thousands whole singles copy}"
read -ra readers <<<"${READERS:-limit one two debezium}"

start_bench

# Without `open`, under another prefix: topics, state and slot of its own. The registry lets its administrator do it.
one=$home/one
rm -rf "$one"
cp -r "$BANGIOC_ROOT/schemas" "$one"
sed -i '/^open:/,$d' "$one/so-nnmt/land-parcel.yaml"
for name in admin capture-so-nnmt; do
    sed -e 's/^prefix = .*/prefix = "one"/' -e "s|^contracts = .*|contracts = \"$one\"|" \
        -e '/^\[registry\]/,/^$/ { s/^user = .*/user = "admin"/; s|registry/[a-z-]*"|registry/admin"| }' "$home/$name.toml" >"$home/$name-one.toml"
done
sed -i '/^\[source\]/a slot = "bangioc_one"' "$home/capture-so-nnmt-one.toml"
"$bangioc" --config "$home/admin-one.toml" topic apply >>"$home/log/topic-apply.log" 2>&1 || { tail -n 20 "$home/log/topic-apply.log" >&2; fail "\`topic apply\` of the second prefix failed"; }

declare -A config=([one]=capture-so-nnmt-one [two]=capture-so-nnmt)
declare -A topic_of=([one]=one.shared.so-nnmt.land-parcel [two]=caobang.shared.so-nnmt.land-parcel [debezium]=dbz.dept.land_parcel)

say "both captures make their slots and copy the empty tables"
for reader in one two; do copy_nothing "${config[$reader]}"; done
for slot in limit debezium; do ask "$source_env" so_nnmt "select pg_create_logical_replication_slot('$slot', 'pgoutput')" >/dev/null; done

# rows_of SHAPE: single-row transactions are asked for by the fifth part.
rows_of() { case $1 in singles) echo $((rows / 5)) ;; *) echo "$rows" ;; esac; }
loaded=0
# load SHAPE
load() {
    local count size
    count=$(rows_of "$1")
    case $1 in thousands) size=1000 ;; singles) size=1 ;; *) size=$count ;; esac
    say "$1: loading $count rows in transactions of $size"
    on "$source_env" so_nnmt -v first="$loaded" -v rows="$count" -v size="$size" -f "$ops/sql/bench/parcels.sql"
    loaded=$((loaded + count))
}

# read_by READER COUNT: sets took_ms, took_rows, cpu and peak.
read_by() {
    local target
    cpu=0 peak=0
    [ "$1" = limit ] || target=$(($(in_topic "${topic_of[$1]}") + $2))
    case $1 in
        limit) recvlogical limit; took_rows=$2 ;;
        debezium)
            schemas=false debezium_capture debezium dbz
            time_until "$peer_pid" "$target" 900 0.1 in_topic "${topic_of[debezium]}"
            stop_one debezium-dbz
            ;;
        *)
            start capture "${config[$1]}" 9>&-
            time_until "${service_pid[${config[$1]}]}" "$target" 900 0.1 in_topic "${topic_of[$1]}"
            stop_one "${config[$1]}"
            ;;
    esac
}

# copy_by READER COUNT: as read_by, of all rows of the table.
copy_by() {
    cpu=0 peak=0
    case $1 in
        limit)
            local started
            started=$(now_ms)
            on "$source_env" so_nnmt -c "copy dept.land_parcel to stdout" >/dev/null
            took_ms=$(($(now_ms) - started)) took_rows=$2
            ;;
        debezium)
            schemas=false snapshot=initial_only debezium_capture debezium "dbzcopy$round"
            time_until "$peer_pid" "$2" 900 0.1 in_topic "dbzcopy$round.dept.land_parcel"
            stop_one "debezium-dbzcopy$round"
            ;;
        *)
            "$bangioc" --config "$home/${config[$1]}.toml" source accept --yes >>"$home/log/accept.log" 2>&1
            read_by "$1" "$2"
            ;;
    esac
}

for shape in "${shapes[@]}"; do
    for round in $(seq "$rounds"); do
        count=$loaded
        [ "$shape" = copy ] || { load "$shape"; count=$(rows_of "$shape"); }
        for reader in $(in_turn "$round"); do
            if [ "$shape" = copy ]; then copy_by "$reader" "$count"; else read_by "$reader" "$count"; fi
            keep "$shape" "$reader" "$round"
        done
        compare "$shape"
    done
done

show_rates capture
for shape in "${shapes[@]}"; do
    if [ "$shape" = copy ]; then
        goal capture copy copy one limit 0.6
        goal capture debezium copy one debezium 6
    else
        goal capture pg_recvlogical "$shape" one limit 1.0
        goal capture pg_recvlogical "$shape" two limit 0.65
        goal capture debezium "$shape" one debezium 6
        goal capture debezium "$shape" two debezium 3.5
        # shellcheck disable=SC2086 # lists of numbers
        [ -z "${cpus[$shape.one]:-}" ] || [ -z "${cpus[$shape.debezium]:-}" ] || result "capture.$shape.debezium_cpu_by_ours" "$(ratio "$(median ${cpus[$shape.debezium]})" "$(median ${cpus[$shape.one]})")" 12 at-least
    fi
done
for reader in one two; do [ -z "${peaks[$reader]:-}" ] || result "capture.$reader.peak_mb" "${peaks[$reader]}" 64 below; done
[ -z "${peaks[debezium]:-}" ] || info capture.debezium.peak_mb "${peaks[debezium]}"
