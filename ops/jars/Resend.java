// Sends records once more, as they are: what a capture does that was frozen with records in its queue and
// wakes up after its successor went on. `ops/demo --check` ends with it. Run as one source file:
//
//   java -cp 'LIBS/*' Resend.java SETTINGS FROM_MS COUNT TOPIC…
//
// SETTINGS is a properties file with the addresses and the login. Of each partition, the first COUNT records
// since FROM_MS (milliseconds since 1970) are sent again. Prints how many that were.
import java.io.FileReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

class Resend {
    public static void main(String[] args) throws Exception {
        var settings = new Properties();
        try (var file = new FileReader(args[0])) { settings.load(file); }
        settings.put("max.request.size", 8 << 20);
        long fromMs = Long.parseLong(args[1]), count = Long.parseLong(args[2]);
        var sent = new ArrayList<Future<?>>();
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
             var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var topic : List.of(args).subList(3, args.length)) {
                for (var info : consumer.partitionsFor(topic)) {
                    var partition = new TopicPartition(topic, info.partition());
                    var start = consumer.offsetsForTimes(Map.of(partition, fromMs)).get(partition);
                    if (start == null) continue;
                    long end = Math.min(start.offset() + count, consumer.endOffsets(List.of(partition)).get(partition));
                    consumer.assign(List.of(partition));
                    consumer.seek(partition, start.offset());
                    while (consumer.position(partition) < end) {
                        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1)).records(partition)) {
                            if (record.offset() < end) {
                                sent.add(producer.send(new ProducerRecord<>(topic, partition.partition(), record.timestamp(), record.key(), record.value(), record.headers())));
                            }
                        }
                    }
                }
            }
            producer.flush();
        }
        for (var one : sent) one.get();
        System.out.println(sent.size());
    }
}
