"""What somebody with a Kafka login does with a client of another house: sends what our own producer never would,
and tries what rights do not allow.

attack.py BROKERS USER PASSWORD_FILE send     records as JSON on stdin; one line per record, its offset or the refusal
attack.py BROKERS USER PASSWORD_FILE topics   every topic that this user may see
attack.py BROKERS USER PASSWORD_FILE rights [GROUP…]   what the broker says that this user may do, as JSON; topics on stdin
attack.py BROKERS USER PASSWORD_FILE try TOPIC   what only an administrator may: one line `what: done|refused`

A record: {"topic", "partition", "key", "value", "headers": [[name, value]]}; bytes are base64, null is null,
{"zeros": n, "after": bytes} is that many zeros after some bytes. ["compression"] of the whole: none, gzip, snappy,
lz4, zstd.
"""

import base64
import json
import sys

from confluent_kafka import KafkaException, Producer, TopicCollection
from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient, AlterConfigOpType, ConfigEntry,
                                   ConfigResource, NewPartitions, NewTopic, ResourcePatternType, ResourceType,
                                   ScramMechanism, UserScramCredentialDeletion)

brokers, user, password_file, verb, *rest = sys.argv[1:]
with open(password_file, encoding="utf-8") as file:
    password = file.read().strip()
login = {
    "bootstrap.servers": brokers,
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": user,
    "sasl.password": password,
    "log_level": 0,
}
WAIT = 20


def quiet(error):
    """What the client would print by itself; each failure is told where it is expected."""


def as_bytes(part):
    if part is None:
        return None
    if isinstance(part, dict):
        return base64.b64decode(part.get("after", "")) + bytes(part["zeros"])
    return base64.b64decode(part)


def send():
    order = json.load(sys.stdin)
    producer = Producer({**login, "compression.type": order.get("compression", "none"), "message.max.bytes": 100_000_000,
                         "message.timeout.ms": 15_000, "error_cb": quiet})
    told = []
    for record in order["records"]:
        place = len(told)
        told.append("no answer")

        def hear(error, message, place=place):
            told[place] = error.name() if error else str(message.offset())

        headers = [(name, as_bytes(value)) for name, value in record.get("headers", [])]
        try:
            producer.produce(record["topic"], value=as_bytes(record["value"]), key=as_bytes(record["key"]),
                             partition=record.get("partition", 0), headers=headers, on_delivery=hear)
        except KafkaException as error:
            told[place] = error.args[0].name()
        producer.poll(0)
    producer.flush(60)
    print("\n".join(told))


def rights():
    """By the broker's own word: it says of each topic and group what the one who asks may do there."""
    admin = AdminClient({**login, "error_cb": quiet})
    names = [name for line in sys.stdin for name in [line.strip()] if name]
    topics = {}
    described = admin.describe_topics(TopicCollection(names), include_authorized_operations=True, request_timeout=WAIT) if names else {}
    for name, future in described.items():
        try:
            topics[name] = sorted(operation.name for operation in future.result().authorized_operations or [])
        except KafkaException:
            topics[name] = []
    try:
        cluster = sorted(operation.name for operation in admin.describe_cluster(include_authorized_operations=True, request_timeout=WAIT).result().authorized_operations or [])
    except KafkaException:
        cluster = []
    groups = {}
    described = admin.describe_consumer_groups(rest, include_authorized_operations=True, request_timeout=WAIT) if rest else {}
    for name, future in described.items():
        try:
            groups[name] = sorted(operation.name for operation in future.result().authorized_operations or [])
        except KafkaException:
            groups[name] = []
    print(json.dumps({"topics": topics, "cluster": cluster, "groups": groups}))


def attempts(topic):
    admin = AdminClient({**login, "error_cb": quiet})

    def first(futures):
        return next(iter(futures.values())).result(WAIT)

    config = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[
        ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET)])
    acl = AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:" + user, "*", AclOperation.ALL, AclPermissionType.ALLOW)

    def transaction():
        producer = Producer({**login, "transactional.id": "attack-" + user, "error_cb": quiet})
        producer.init_transactions(WAIT)

    yield "create a topic", lambda: first(admin.create_topics([NewTopic(topic + ".attack", 1, 1)], request_timeout=WAIT))
    yield "add partitions", lambda: first(admin.create_partitions([NewPartitions(topic, 9)], request_timeout=WAIT))
    yield "read its settings", lambda: first(admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)], request_timeout=WAIT))
    yield "alter its settings", lambda: first(admin.incremental_alter_configs([config], request_timeout=WAIT))
    yield "grant itself rights", lambda: first(admin.create_acls([acl], request_timeout=WAIT))
    yield "take a user's password away", lambda: first(admin.alter_user_scram_credentials(
        [UserScramCredentialDeletion("stranger", ScramMechanism.SCRAM_SHA_512)], request_timeout=WAIT))
    yield "begin a transaction", transaction
    yield "delete a topic", lambda: first(admin.delete_topics([topic], request_timeout=WAIT))


if verb == "send":
    send()
elif verb == "topics":
    print("\n".join(sorted(AdminClient({**login, "error_cb": quiet}).list_topics(timeout=WAIT).topics)))
elif verb == "rights":
    rights()
elif verb == "try":
    for what, attempt in attempts(rest[0]):
        try:
            attempt()
            print(f"{what}: done")
        except KafkaException as error:
            print(f"{what}: refused {error.args[0].name()}")
else:
    sys.exit(f"{verb}?")
