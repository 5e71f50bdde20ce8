// Reads keys in hexadecimal, one a line; prints Kafka's own murmur2 of each.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HexFormat;
import org.apache.kafka.common.utils.Utils;

public class Murmur2 {
    public static void main(String[] args) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            System.out.println(Utils.murmur2(HexFormat.of().parseHex(line)));
        }
    }
}
