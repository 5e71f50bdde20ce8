"""Confluent's Python client against a schema registry: every call it has for Avro, the error codes it
relies on, and the decoding of a topic.

usage: registry_client.py REGISTRY_URL BOOTSTRAP USER PASSWORD TOPIC [--produce]

REGISTRY_LOGIN is `user:password` of an administrator of the registry. USER and PASSWORD are for Kafka (SCRAM-SHA-512 without TLS); two empty arguments mean plaintext. TOPIC
must hold Avro records; with --produce it is filled first. Exit code 0: all held. Needs
confluent-kafka[avro] 2.16.
"""

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import ConfigCompatibilityLevel, Schema, SchemaRegistryClient, SchemaRegistryError, ServerConfig
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
LOGIN = os.environ["REGISTRY_LOGIN"]


# In every name of this run: a run that broke off must not be in the way of the next.
RUN = uuid.uuid4().hex[:8]


def record(fields, name="Parcel_" + RUN):
    return json.dumps({"type": "record", "name": name, "namespace": "vn.caobang", "fields": fields})


ID = {"name": "id", "type": "string"}
AREA = {"name": "area", "type": ["null", "double"], "default": None}
OWNER_WITHOUT_DEFAULT = {"name": "owner", "type": "string"}
V1, V2, V3 = record([ID]), record([ID, AREA]), record([ID, AREA, OWNER_WITHOUT_DEFAULT])


def refused(code, call):
    """The call must be refused with this error code, and nothing else."""
    try:
        answer = call()
    except SchemaRegistryError as error:
        assert error.error_code == code, f"wanted {code}, got {error.error_code}: {error}"
        return
    raise AssertionError(f"wanted {code}, got an answer: {answer}")


def raw(url, path, method="GET", body=None):
    """Status, content type and body, without the client."""
    data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
    request = urllib.request.Request(url + path, data=data, method=method, headers={"Content-Type": CONTENT_TYPE, "Authorization": "Basic " + base64.b64encode(LOGIN.encode()).decode()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], json.loads(error.read())


def registration(client, subject, other):
    first = client.register_schema(subject, Schema(V1, "AVRO"))
    # The same schema: spaced and ordered otherwise, in another subject, asked again.
    spaced = json.dumps(dict(reversed(json.loads(V1).items())), indent=2)
    assert client.register_schema(subject, Schema(spaced, "AVRO")) == first
    assert client.register_schema(other, Schema(V1, "AVRO")) == first
    second = client.register_schema(subject, Schema(V2, "AVRO"))
    assert second != first
    refused(409, lambda: client.register_schema(subject, Schema(V3, "AVRO")))
    refused(42201, lambda: client.register_schema(subject, Schema('{"type": "recor"}', "AVRO")))
    refused(42201, lambda: client.register_schema(subject, Schema('{"type": "object"}', "JSON")))

    assert json.loads(client.get_schema(first).schema_str) == json.loads(V1)
    assert client.lookup_schema(subject, Schema(V2, "AVRO")).version == 2
    refused(40403, lambda: client.lookup_schema(subject, Schema(V3, "AVRO")))
    refused(40401, lambda: client.lookup_schema(subject + "-none", Schema(V1, "AVRO")))
    latest = client.get_latest_version(subject)
    assert (latest.version, latest.schema_id, latest.subject) == (2, second, subject)
    assert client.get_version(subject, 1).schema_id == first
    assert client.get_versions(subject) == [1, 2]
    refused(40402, lambda: client.get_version(subject, 9))
    refused(40401, lambda: client.get_versions(subject + "-none"))
    fresh = SchemaRegistryClient(client.config())
    refused(40403, lambda: fresh.get_schema(2_000_000_000))
    assert {subject, other} <= set(client.get_subjects())
    assert client.get_subjects(subject_prefix=subject) == [subject]
    assert client.get_schema_types() == ["AVRO"]
    assert set(client.get_subjects_by_schema_id(first)) == {subject, other}
    assert {(use.subject, use.version) for use in client.get_schema_versions(first)} == {(subject, 1), (other, 1)}
    assert client.get_referenced_by(subject, 1) == []
    return first, second


def settings(client, subject):
    before = client.get_config().compatibility_level
    assert before is not None
    refused(40408, lambda: client.get_config(subject))
    assert client.test_compatibility(subject, Schema(V2, "AVRO"))
    assert not client.test_compatibility(subject, Schema(V3, "AVRO"))
    assert not client.test_compatibility_all_versions(subject, Schema(V3, "AVRO"))
    client.set_compatibility(subject, "NONE")
    assert client.get_compatibility(subject) == "NONE"
    assert client.test_compatibility(subject, Schema(V3, "AVRO"))
    client.set_config(subject, ServerConfig(compatibility=ConfigCompatibilityLevel.FULL_TRANSITIVE))
    assert client.get_config(subject).compatibility_level == ConfigCompatibilityLevel.FULL_TRANSITIVE
    assert not client.test_compatibility_all_versions(subject, Schema(V3, "AVRO"))
    client.delete_config(subject)
    refused(40408, lambda: client.get_compatibility(subject))
    assert client.get_config().compatibility_level == before


def modes(url, client, subject):
    assert raw(url, "/mode")[2] == {"mode": "READWRITE"}
    assert raw(url, f"/mode/{subject}")[2]["error_code"] == 40409
    assert raw(url, f"/mode/{subject}", "PUT", {"mode": "READONLY"})[2] == {"mode": "READONLY"}
    refused(42205, lambda: client.register_schema(subject, Schema(record([ID], "Other_" + RUN), "AVRO")))
    assert raw(url, f"/mode/{subject}", "PUT", {"mode": "SOMETIMES"})[2]["error_code"] == 42204
    assert raw(url, f"/mode/{subject}", "DELETE")[0] == 200


def deletion(client, subject, other, first):
    refused(40407, lambda: client.delete_version(subject, 1, permanent=True))
    assert client.delete_version(subject, 1) == 1
    refused(40406, lambda: client.delete_version(subject, 1))
    assert client.get_versions(subject) == [2]
    refused(40405, lambda: client.delete_subject(other, permanent=True))
    assert client.delete_subject(subject) == [2]
    refused(40401, lambda: client.get_versions(subject))
    assert subject in client.get_subjects(deleted=True) and subject not in client.get_subjects()
    # Old data stays readable until the permanent delete.
    fresh = SchemaRegistryClient(client.config())
    assert fresh.get_schema(first)
    assert client.delete_subject(subject, permanent=True) == [1, 2]
    assert subject not in client.get_subjects(deleted=True)
    assert client.delete_subject(other) == [1]
    refused(40404, lambda: client.delete_subject(other))
    assert client.delete_subject(other, permanent=True) == [1]
    refused(40403, lambda: SchemaRegistryClient(client.config()).get_schema(first))
    refused(40401, lambda: client.delete_subject(subject))


def answers(url):
    """What clients rely on beyond the calls of this one."""
    status, kind, body = raw(url, "/associations/resources/-/nothing")
    assert (status, kind, body) == (404, CONTENT_TYPE, {"error_code": 404, "message": "HTTP 404 Not Found"}), body
    assert raw(url, "/")[2] == {}
    assert raw(url, "/subjects", "PATCH", {})[2]["error_code"] == 405
    assert raw(url, "/subjects/x/versions/0")[2]["error_code"] == 42202
    assert raw(url, "/subjects/x/versions/one")[2]["error_code"] == 42202
    assert raw(url, "/config", "PUT", {"compatibility": "SIDEWAYS"})[2]["error_code"] == 42203
    reference = {"schema": V1, "references": [{"name": "n", "subject": "s", "version": 1}]}
    status, _, body = raw(url, "/subjects/x/versions", "POST", reference)
    assert (status, body["error_code"]) == (422, 42201) and "references" in body["message"], body
    assert raw(url, "/subjects/x/versions", "POST", b"{")[0] == 400
    # Would overflow a parser's stack, or keep it busy for ever.
    assert raw(url, "/subjects/x/versions", "POST", b"[" * 1_000_000)[0] == 400
    assert raw(url, "/subjects/x/versions", "POST", {"schema": '{"type":"array","items":' * 20_000})[2]["error_code"] == 42201
    assert raw(url, "/schemas/types")[2] == ["AVRO"]


def kafka(bootstrap, user, password):
    conf = {"bootstrap.servers": bootstrap}
    if user:
        conf |= {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": user, "sasl.password": password}
    return conf


def fill(client, conf, topic):
    """A thousand records through the serializer, which registers the schema by itself."""
    serializer = AvroSerializer(client, V2)
    producer = Producer(conf)
    for number in range(1000):
        value = {"id": f"parcel {number} Đ", "area": number / 4 if number % 3 else None}
        producer.produce(topic, serializer(value, SerializationContext(topic, MessageField.VALUE)))
    assert producer.flush(60) == 0


def decode(client, conf, topic):
    """Every record there is now, keys and values, with a client that knows no schema beforehand."""
    consumer = Consumer(conf | {"group.id": "registry-client-" + uuid.uuid4().hex, "enable.auto.commit": False, "enable.partition.eof": True})
    keys, values = AvroDeserializer(client), AvroDeserializer(client)
    partitions = list(consumer.list_topics(topic, 30).topics[topic].partitions)
    assert partitions, f"{topic} does not exist"
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
    decoded, ended, deadline = 0, set(), time.monotonic() + 120
    while len(ended) < len(partitions):
        assert time.monotonic() < deadline, f"only {decoded} records in time"
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            assert message.error().name() == "_PARTITION_EOF", message.error()
            ended.add(message.partition())
            continue
        value = values(message.value(), SerializationContext(topic, MessageField.VALUE))
        assert isinstance(value, dict) and value
        if message.key() is not None:
            assert keys(message.key(), SerializationContext(topic, MessageField.KEY)) is not None
        decoded += 1
    consumer.close()
    assert decoded, f"{topic} is empty"
    return decoded


def main(url, bootstrap, user, password, topic, *flags):
    client = SchemaRegistryClient({"url": url, "basic.auth.user.info": LOGIN})
    # A subject may hold what a path may not.
    subject, other = f"test-{RUN}/Đất-value", f"test-{RUN}-value"
    answers(url)
    first, _ = registration(client, subject, other)
    settings(client, subject)
    modes(url, client, other)
    deletion(client, subject, other, first)
    conf = kafka(bootstrap, user, password)
    if "--produce" in flags:
        fill(client, conf, topic)
    decoded = decode(SchemaRegistryClient(client.config()), conf, topic)
    print(f"registry and client agree; {decoded} records of {topic} decoded")


if __name__ == "__main__":
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
