# What an administrator does to the demo's sources while rows change, and how it ended. For `ops/demo --check`; sourced
# after deployment.sh, never run. Uses what ops/demo has set: home, sql, bangioc, seed, dataset_source, dataset_table.
# shellcheck shell=bash disable=SC2154

# Kind: its datasets, each with the file of its changes. Of the first, any four are done, each to a dataset of its own.
declare -A NOTICED=(
    [unpublished]="cooperative:cooperative road-network:road library-catalogue:book"
    [filtered]="tour-guide:guide civil-servant:servant communicable-disease:case-outcome"
    [swapped]="library-catalogue:book road-network:road cooperative:cooperative"
    [rewritten]="library-catalogue:book cooperative:cooperative"
    [relabelled]="border-gate-vehicle:queue communicable-disease:case-outcome"
    [rekeyed]="tour-guide:guide civil-servant:servant road-network:road"
    [moved]="civil-servant:servant communicable-disease:case-outcome tour-guide:guide"
)
HALTED="telecom-infrastructure:telecom-outage school:school"
RECONCILED="legal-document:document-validity"

# Kind, dataset, its changes, one line each. The same for the same seed.
choose_works() {
    local kinds=() kind taken=" " picked=0 candidates candidate at
    RANDOM=$((seed % 32768))
    read -ra kinds <<<"filtered moved rekeyed relabelled rewritten swapped unpublished"
    while [ "$picked" -lt 4 ]; do
        at=$((RANDOM % ${#kinds[@]}))
        kind=${kinds[at]}
        unset "kinds[at]"
        kinds=("${kinds[@]}")
        read -ra candidates <<<"${NOTICED[$kind]}"
        at=$((RANDOM % ${#candidates[@]}))
        for candidate in "${candidates[@]:at}" "${candidates[@]:0:at}"; do
            [[ $taken != *" $candidate "* ]] || continue
            taken+="$candidate "
            echo "$kind ${candidate%%:*} ${candidate#*:}"
            picked=$((picked + 1))
            break
        done
    done
    read -ra candidates <<<"$HALTED"
    candidate=${candidates[RANDOM % ${#candidates[@]}]}
    echo "hidden ${candidate%%:*} ${candidate#*:}"
    echo "unlogged ${RECONCILED%%:*} ${RECONCILED#*:}"
}

# work_sql KIND DATASET: nothing where there is no such file.
work_sql() {
    local name=${dataset_source[$2]} table=${dataset_table[$2]}
    [ -e "$sql/works/$1.sql" ] || return 0
    PGOPTIONS='-c search_path=dept' on "$home/source/env" "${name//-/_}" -v table="${table#dept.}" -v role="$(capture_role "$name")" -f "$sql/works/$1.sql" \
        >>"$home/log/works.log" 2>&1 </dev/null || fail "the work \`$1\` on $2 failed" "see $home/log/works.log"
}

# touch_rows DATASET FILE [TRANSACTIONS]: changes of its own, at once.
touch_rows() {
    local name=${dataset_source[$1]}
    (
        set -a
        # shellcheck disable=SC1091
        . "$home/source/env"
        PGDATABASE=${name//-/_} PGOPTIONS='-c search_path=dept' exec "$POSTGRES_BIN/pgbench" -n -t "${3:-25}" --random-seed "$seed" -f "$sql/changes/$name/$2.sql"
    ) >>"$home/log/works.log" 2>&1 </dev/null 9>&- || fail "changes of $1 failed" "see $home/log/works.log"
}

# stand DATASET: its phase and why, as `bangioc dataset list` has them.
stand() {
    "$bangioc" --config "$home/bangioc.toml" dataset list --output json 2>/dev/null |
        python3 -c 'import json, sys; [print(one["phase"], one.get("why") or "") for one in json.load(sys.stdin) if one["dataset"] == sys.argv[1]]' "$1"
}

works=()
do_works() {
    local line kind dataset file until_s found
    mapfile -t works < <(choose_works)
    say "an administrator at work (\`--seed $seed\` repeats it)"
    for line in "${works[@]}"; do
        read -r kind dataset file <<<"$line"
        [ "$kind" != unlogged ] || continue
        work_sql "$kind" "$dataset"
        touch_rows "$dataset" "$file"
        [ "$kind" = hidden ] || work_sql "$kind-back" "$dataset"
    done
    for line in "${works[@]}"; do
        read -r kind dataset file <<<"$line"
        [ "$kind" = hidden ] || continue
        until_s=$((SECONDS + 40))
        until found=$(stand "$dataset") && [[ $found == halted* ]]; do
            [ "$SECONDS" -lt "$until_s" ] || fail "$dataset was not halted: ${found:-nothing is said of it}" "see $home/log/capture-${dataset_source[$dataset]}.log"
            sleep 0.5
        done
        say "$kind: $dataset is ${found/halted /halted, and says: }"
        work_sql "$kind-back" "$dataset"
    done
}

# do_last_work: once the other changes have ended, for each later change of a row would bring all of it.
do_last_work() {
    local line kind dataset file
    for line in "${works[@]}"; do
        read -r kind dataset file <<<"$line"
        [ "$kind" = unlogged ] || continue
        work_sql "$kind" "$dataset"
        touch_rows "$dataset" "$file"
        work_sql "$kind-back" "$dataset"
    done
}

# repair_works: a table that was unlogged while nobody looked is told of by no catalogue afterwards. The comparison finds it,
# and mends it where it is told to. Where the capture did look meanwhile, it has halted the dataset, and copied it since.
repair_works() {
    local line kind dataset file log=$home/log/works-reconcile.log found
    for line in "${works[@]}"; do
        read -r kind dataset file <<<"$line"
        [ "$kind" = unlogged ] || continue
        "$bangioc" --config "$home/bangioc.toml" reconcile "$dataset" >"$log" 2>&1 || true
        found=$(grep -m 1 "^$dataset shared" "$log") || fail "\`bangioc reconcile\` says nothing of $dataset" "see $log"
        if [[ $found == *" 0 differ"* ]]; then
            said_of "$dataset" | grep -q unlogged || fail "nothing came of \`$kind\` on $dataset: the work did not happen" "see $log"
            say "$kind: $dataset: the capture saw it, and has copied it again"
            continue
        fi
        say "$kind: $found"
        "$bangioc" --config "$home/bangioc.toml" reconcile "$dataset" --repair >"$log" 2>&1 || true
        "$bangioc" --config "$home/bangioc.toml" reconcile "$dataset" >"$log" 2>&1 || true
        grep -qE "^$dataset shared: .* 0 differ" "$log" || fail "\`bangioc reconcile --repair\` has not mended $dataset" "see $log"
        say "$kind: repaired: $(grep -m 1 "^$dataset shared" "$log")"
    done
}

# said_of DATASET: what its capture said of its table.
said_of() {
    sed 's/\x1b\[[0-9;]*m//g' "$home/log/capture-${dataset_source[$1]}.log" | grep -E 'BG02(20|34|35|40|45|47)' | grep -E "dataset=\"?$1\"?( |\$)" || true
}

# works_ended: what the system said of each; silence is a failure.
works_ended() {
    local line kind dataset file said
    for line in "${works[@]}"; do
        read -r kind dataset file <<<"$line"
        [ "$kind" != unlogged ] || continue
        said=$(said_of "$dataset" | tail -n 1)
        [ -n "$said" ] || fail "nothing was said of \`$kind\` on $dataset" "see $home/log/capture-${dataset_source[$dataset]}.log"
        say "$kind: $dataset: $(sed -E 's/^.*(BG[0-9]{4}).*why="?([^"]*)"?.*$/\1, \2/; t; s/^.*(BG[0-9]{4}).*$/\1/' <<<"$said")"
    done
}
