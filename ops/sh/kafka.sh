# The settings of one Kafka node with access rights, for ops/kafka and for the official image in Docker.
# Sourced, never run.
# shellcheck shell=bash

# kafka_settings LISTENERS ADVERTISED CONTROLLER DATA ADMIN INTERNAL: prints the settings. LISTENERS and
# ADVERTISED are `NAME://host:port,…`, the first is the broker's own, and one named `TLS` speaks TLS with the key and
# certificates of the file KAFKA_PEM; CONTROLLER is a port of loopback, ADMIN
# and INTERNAL are the passwords of the administrator and of the controller's port.
kafka_settings() {
    local listeners=$1 advertised=$2 controller=$3 data=$4 admin=$5 internal=$6 listener map=""
    for listener in ${listeners//,/ }; do
        listener=${listener%%:*}
        if [ "$listener" = TLS ]; then
            map+=$listener:SASL_SSL,
            printf '%s\n' listener.name.tls.ssl.keystore.type=PEM "listener.name.tls.ssl.keystore.location=$KAFKA_PEM"
        else
            map+=$listener:SASL_PLAINTEXT,
        fi
        printf '%s\n' "listener.name.${listener,,}.sasl.enabled.mechanisms=SCRAM-SHA-512" \
            "listener.name.${listener,,}.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"admin\" password=\"$admin\";"
    done
    cat <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=$listeners,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$advertised
controller.listener.names=CONTROLLER
inter.broker.listener.name=${listeners%%:*}
# All ports ask who is there: an open controller port would be a way around the access rights.
listener.security.protocol.map=${map}CONTROLLER:SASL_PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.mechanism.controller.protocol=PLAIN
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="controller" password="$internal" user_controller="$internal";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:admin;User:controller
auto.create.topics.enable=false
log.dirs=$data
message.max.bytes=8388608
replica.fetch.max.bytes=8388608
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
# After a kill the controller takes the broker back only when its old session is over (9 s by default).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
CONF
}

# kafka_cluster_id: a new one, in Kafka's form.
kafka_cluster_id() { head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=\n'; }

# kafka_format SETTINGS CLUSTER SECRETS [JVM ARG…]: prepares the empty data folder, with one user for each file
# of the folder SECRETS, which holds its password.
kafka_format() {
    local settings=$1 cluster=$2 secrets=$3 file
    shift 3
    # Through a file, since anyone may read a process's arguments.
    {
        printf '"%s"\n' "$@" kafka.tools.StorageTool format -t "$cluster" -c "$settings"
        for file in "$secrets"/*; do printf '"%s"\n' --add-scram "SCRAM-SHA-512=[name=${file##*/},password=$(cat "$file")]"; done
    } >"$settings.format"
    local code=0
    java "@$settings.format" >"$settings.format.log" 2>&1 || code=$?
    rm -f "$settings.format"
    # The tool prints the salted passwords.
    sed -i '/ScramCredential/d' "$settings.format.log"
    return "$code"
}
