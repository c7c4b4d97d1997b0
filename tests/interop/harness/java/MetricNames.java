import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends a record, reads it in a group, and prints "group name tag,tag" of every metric of the three clients. */
public final class MetricNames {
  public static void main(String[] args) throws Exception {
    Properties config = new Properties();
    config.put("bootstrap.servers", args[0]);
    config.put("client.id", "java");
    config.put("enable.metrics.push", "false");
    TreeSet<String> names = new TreeSet<>();
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(args[1], 0, "k", "v")).get();
      add(names, producer.metrics());
    }
    config.put("group.id", "java-metrics");
    config.put("auto.offset.reset", "earliest");
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(args[1]));
      while (consumer.poll(Duration.ofSeconds(1)).isEmpty()) {}
      consumer.commitSync();
      add(names, consumer.metrics());
    }
    config.remove("group.id");
    config.remove("auto.offset.reset");
    try (Admin admin = Admin.create(config)) {
      admin.describeCluster().clusterId().get();
      add(names, admin.metrics());
    }
    names.forEach(System.out::println);
  }

  private static void add(TreeSet<String> names, Map<MetricName, ? extends Metric> metrics) {
    for (MetricName name : metrics.keySet()) {
      names.add(name.group() + " " + name.name() + " " + String.join(",", new TreeSet<>(name.tags().keySet())));
    }
  }
}
