# Kafka with access rights: the official image, and the script that prepares its data folder with its users.
FROM apache/kafka:4.3.1
USER root
# A named volume takes over the owner of the folder that it covers.
RUN mkdir -p /var/lib/kafka/data && chown appuser /var/lib/kafka/data
COPY ops/sh/kafka.sh /opt/bangioc/sh/
COPY ops/docker/kafka-start /opt/bangioc/docker/
USER appuser
CMD ["bash", "/opt/bangioc/docker/kafka-start"]
