import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A member of a group until its input ends. Arguments: bootstrap servers, topic, group, assignor classes, and how long it works on what a
 * poll has brought (ms, default 0). Prints a JSON object a line: when partitions came or went (ms since the epoch), what was read, and commits
 * that were refused. Commits after every poll.
 */
public class GroupConsumer {
    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", args[0]);
        config.put("group.id", args[2]);
        config.put("partition.assignment.strategy", args[3]);
        config.put("client.id", "java");
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        config.put("heartbeat.interval.ms", "300");
        config.put("session.timeout.ms", "10000");
        long workMs = args.length > 4 ? Long.parseLong(args[4]) : 0;
        AtomicBoolean isOver = new AtomicBoolean();
        Thread input = new Thread(() -> {
            try {
                while (System.in.read() >= 0) continue;
            } catch (java.io.IOException e) {
                // Its end, too.
            }
            isOver.set(true);
        });
        input.setDaemon(true);
        input.start();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(args[1]), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                    print("revoked", partitions);
                }

                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                    print("assigned", partitions);
                }
            });
            while (!isOver.get()) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                records.forEach(record ->
                    System.out.println("{\"read\":[" + record.partition() + "," + record.offset() + "]}"));
                if (!records.isEmpty()) {
                    Thread.sleep(workMs);
                    try {
                        consumer.commitSync();
                    } catch (org.apache.kafka.clients.consumer.CommitFailedException | org.apache.kafka.common.errors.RebalanceInProgressException e) {
                        // Read again by the next owner.
                        System.out.println("{\"refused\":\"" + e.getClass().getSimpleName() + "\"}");
                    }
                }
            }
        }
    }

    private static void print(String what, Collection<TopicPartition> partitions) {
        String numbers = partitions.stream().map(p -> String.valueOf(p.partition())).collect(Collectors.joining(","));
        System.out.println("{\"" + what + "\":[" + numbers + "],\"timeMs\":" + System.currentTimeMillis() + "}");
    }
}
