# What a server lets a capture's role do, as lines for the top of its pg_hba.conf. Sourced, never run.
# shellcheck shell=bash

# capture_hba ROLE DATABASE [ADDRESS]: into its own database, from its own host; nothing else.
capture_hba() {
    printf '%s\n' "host     $2  $1  ${3:-127.0.0.1/32}  scram-sha-256" \
        "host     replication  $1  all  reject" \
        "host     all  $1  all  reject" \
        "local    replication  $1  reject" \
        "local    all  $1  reject"
}
