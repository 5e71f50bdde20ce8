#!/usr/bin/env python3
"""A reader that knows nothing of Ban Gioc: Confluent's own client, the last record of a key wins.

    REGISTRY_LOGIN=user:password unversioned_reader.py BOOTSTRAP USER PASSWORD REGISTRY TOPIC COLUMN...

Reads TOPIC from its beginning to its present end and prints one line per key that is left, the named
columns split by `|`, in the order of the lines' bytes. Where an update carries Debezium's placeholder for
an unchanged value, it keeps what it had, as Debezium's documents tell readers to do.
"""
import os
import sys
from decimal import Decimal

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

UNCHANGED = "__debezium_unavailable_value"


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return "{" + ",".join("NULL" if item is None else text(item) for item in value) + "}"
    return str(value)


def unchanged(value):
    return value in (UNCHANGED, UNCHANGED.encode(), [UNCHANGED])


def main(bootstrap, user, password, registry, topic, *columns):
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": user, "sasl.password": password, "group.id": "unversioned-reader", "enable.auto.commit": False,
    })
    decode = AvroDeserializer(SchemaRegistryClient({"url": registry, "basic.auth.user.info": os.environ["REGISTRY_LOGIN"]}))
    context = SerializationContext(topic, MessageField.VALUE)
    partitions = list(consumer.list_topics(topic, timeout=20).topics[topic].partitions)
    ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=20) for p in partitions}
    left = {p for p, (low, high) in ends.items() if high > low}
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in left])
    rows, records = {}, 0
    while left:
        message = consumer.poll(20)
        if message is None:
            sys.exit(f"nothing came for 20 s; partitions {sorted(left)} are not at their end")
        if message.error():
            sys.exit(str(message.error()))
        records += 1
        event, key = decode(message.value(), context), message.key()
        if event["op"] == "t":
            rows.clear()
        elif event["op"] == "d":
            rows.pop(key, None)
        else:
            had, row = rows.get(key, {}), event["after"]
            rows[key] = {name: had.get(name) if unchanged(row[name]) else row[name] for name in columns}
        if message.offset() + 1 >= ends[message.partition()][1]:
            left.discard(message.partition())
    consumer.close()
    for line in sorted("|".join(text(row[name]) for name in columns) for row in rows.values()):
        print(line)
    print(f"{records} records, {len(rows)} rows", file=sys.stderr)


main(*sys.argv[1:])
