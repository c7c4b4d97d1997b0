import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

/** Reads keys in base64, a line each, and prints the partition that Kafka's producer chooses out of args[0]. */
public class KeyPartitions {
    public static void main(String[] args) throws Exception {
        int partitions = Integer.parseInt(args[0]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        StringBuilder out = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.append(BuiltInPartitioner.partitionForKey(Base64.getDecoder().decode(line), partitions)).append('\n');
        }
        System.out.print(out);
    }
}
