# Kafka with access rights: the official image, and the script that prepares its data folder with its users.
FROM apache/kafka:4.3.1
USER root
# A named volume takes over the owner of the folder that it covers. Not the official folder: it is a volume
# already, and what an image changes in one is lost.
RUN mkdir -p /opt/bangioc/data && chown appuser /opt/bangioc/data
COPY ops/sh/kafka.sh /opt/bangioc/sh/
COPY ops/docker/kafka-start /opt/bangioc/docker/
ENV DATA=/opt/bangioc/data
USER appuser
CMD ["bash", "/opt/bangioc/docker/kafka-start"]
