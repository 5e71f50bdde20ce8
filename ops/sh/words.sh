# What scripts say and where they keep things. Sourced, never run.
# Words go to stderr, so that stdout stays free for data.
# shellcheck shell=bash disable=SC2034

# The repository, whoever calls from wherever.
BANGIOC_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# What is fetched once and serves every clone: jars and Python's packages.
BANGIOC_CACHE="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/bangioc"
KAFKA_VERSION=4.3.1
DEBEZIUM_VERSION=3.6.0.Final
KAFKA_LIBS="$BANGIOC_CACHE/kafka-$KAFKA_VERSION/libs"

SCRIPT_STARTED=$(date +%s)

# say TEXT…: one progress line with the seconds since the script began.
say() { printf '[%4ds] %s\n' "$(($(date +%s) - SCRIPT_STARTED))" "$*" >&2; }

# fail TEXT HINT [EXIT]: what is wrong, then what to do about it.
fail() {
    printf 'error: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '\nhint: %s\n' "$2" >&2
    exit "${3:-1}"
}

# have COMMAND: is it there to be run?
have() { command -v "$1" >/dev/null 2>&1; }

# random_secret: 32 hexadecimal digits.
random_secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# registry_digest: the line by which the registry knows the password on stdin.
registry_digest() { printf 'sha256:%s\n' "$(sha256sum | cut -d ' ' -f 1)"; }

# registry_rights USER: what the registry grants it beyond what the contracts say. People see what rows are made of.
registry_rights() { case $1 in admin) echo admin ;; operator-*) echo 'read *' ;; esac; }

# port_open PORT: does someone listen on it on loopback?
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port: a port nobody listens on. Below 32768, where the kernel takes the ports of outgoing
# connections: a server that stops and starts again must find its port still free.
free_port() {
    local port
    for _ in $(seq 200); do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        port_open "$port" || { echo "$port"; return; }
    done
    fail "no free port between 20000 and 32000" "stop what listens there, or name a port with \`--port\`"
}

# alive PIDFILE WORD: does that process run, and is it the one we started (its command line or working
# directory has WORD in it)? A process number alone may belong to somebody else by now.
alive() {
    local pid
    pid=$(head -n 1 "$1" 2>/dev/null) || return 1
    [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$2"
}

# wait_gone PIDFILE WORD SECONDS: waits for its end.
wait_gone() {
    local until_s=$((SECONDS + $3))
    while alive "$1" "$2"; do
        [ "$SECONDS" -lt "$until_s" ] || return 1
        sleep 0.1
    done
}
