// How many records topics hold, asked again and again by `ops/bench` without starting a program each time:
// a topic's name on stdin, the sum of its partitions' end offsets on stdout, 0 where there is no such topic.
//
//   java -cp 'LIBS/*' EndOffsets.java SETTINGS
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

class EndOffsets {
    public static void main(String[] args) throws Exception {
        var settings = new Properties();
        try (var file = new FileReader(args[0])) { settings.load(file); }
        try (var admin = Admin.create(settings); var lines = new BufferedReader(new InputStreamReader(System.in))) {
            for (String topic; (topic = lines.readLine()) != null; ) {
                long sum = 0;
                if (admin.listTopics().names().get().contains(topic)) {
                    var wanted = new HashMap<TopicPartition, OffsetSpec>();
                    for (var info : admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()) {
                        wanted.put(new TopicPartition(topic, info.partition()), OffsetSpec.latest());
                    }
                    for (var end : admin.listOffsets(wanted).all().get().values()) sum += end.offset();
                }
                System.out.println(sum);
            }
        }
    }
}
