"""What an administrator does to a topic by hand, as kafka-delete-records and kafka-topics --alter do it.

tamper.py BROKERS USER PASSWORD delete-records TOPIC | delete-topic TOPIC | add-partitions TOPIC COUNT
    | bomb TOPIC CODEC COUNT BYTES KEY VERSION
"""

import sys

from confluent_kafka import OFFSET_END, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

brokers, user, password, verb, topic, *rest = sys.argv[1:]
login = {
    "bootstrap.servers": brokers,
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": user,
    "sasl.password": password,
}
admin = AdminClient(login)
if verb == "delete-records":
    partitions = admin.list_topics(topic, timeout=30).topics[topic].partitions
    everything = [TopicPartition(topic, partition, OFFSET_END) for partition in partitions]
    for partition, done in admin.delete_records(everything, request_timeout=30).items():
        print(partition.partition, done.result().low_watermark)
elif verb == "delete-topic":
    for done in admin.delete_topics([topic], operation_timeout=30, request_timeout=30).values():
        done.result()
elif verb == "add-partitions":
    for done in admin.create_partitions([NewPartitions(topic, int(rest[0]))], request_timeout=30).values():
        done.result()
elif verb == "bomb":
    # Zeros that weigh a few kilobytes on the wire, each record in a batch of its own.
    codec, count, size, key, version = rest
    producer = Producer({**login, "compression.type": codec, "message.max.bytes": 100_000_000, "batch.num.messages": 1})
    for _ in range(int(count)):
        producer.produce(topic, value=bytes(int(size)), key=bytes.fromhex(key), partition=0,
                         headers={"bangioc-version": bytes.fromhex(version)})
        if producer.flush(60):
            sys.exit("not taken")
else:
    sys.exit(f"{verb}?")
