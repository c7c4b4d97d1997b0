// Drives Apache Kafka's transactional producer through every way that a transaction can end, and prints what happened and what is left.

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Transactions {
    private static final String TOPIC = "payments";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final List<String> IDS = List.of("plain", "fenced", "late");

    private final String bootstrapServers;
    private final Admin admin;

    private Transactions(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    }

    public static void main(String[] args) throws Exception {
        Transactions program = new Transactions(args[0]);
        program.admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1), new NewTopic("inputs", 1, (short) 1))).all().get();
        program.plain();
        program.fenced();
        program.late();
        for (String isolation : List.of("read_committed", "read_uncommitted")) program.read(isolation);
        program.describe();
        System.out.flush();
        System.exit(0);
    }

    private void plain() throws Exception {
        try (KafkaProducer<String, String> producer = producer("plain", 60_000)) {
            for (int round = 0; round < 4; round++) {
                producer.beginTransaction();
                for (int i = 0; i < 3; i++) producer.send(new ProducerRecord<>(TOPIC, 0, null, "plain-" + round + "-" + i));
                if (round % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
            }
            producer.beginTransaction();
            producer.abortTransaction();
            commitOffset(producer, 5, true);
            commitOffset(producer, 9, false);
        }
    }

    private void commitOffset(KafkaProducer<String, String> producer, long offset, boolean commits) throws Exception {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPIC, 0, null, "offset-" + offset)).get();
        Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(new TopicPartition("inputs", 0), new OffsetAndMetadata(offset, "m"));
        producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata("copiers"));
        if (commits) producer.commitTransaction();
        else producer.abortTransaction();
        settled("plain");
        System.out.println("committed " + admin.listConsumerGroupOffsets("copiers").partitionsToOffsetAndMetadata().get());
    }

    private void fenced() throws Exception {
        KafkaProducer<String, String> zombie = producer("fenced", 60_000);
        zombie.beginTransaction();
        zombie.send(new ProducerRecord<>(TOPIC, 0, null, "zombie")).get();
        KafkaProducer<String, String> successor = producer("fenced", 60_000);
        successor.beginTransaction();
        successor.send(new ProducerRecord<>(TOPIC, 0, null, "successor")).get();
        successor.commitTransaction();
        attempt("zombie commits", zombie::commitTransaction);
        zombie.close(Duration.ZERO);
        successor.close();
    }

    private void late() throws Exception {
        KafkaProducer<String, String> producer = producer("late", 1000);
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPIC, 0, null, "too late")).get();
        settled("late");
        attempt("late send", () -> producer.send(new ProducerRecord<>(TOPIC, 0, null, "later")).get());
        attempt("late commit", producer::commitTransaction);
        attempt("late abort", producer::abortTransaction);
        attempt("next transaction", () -> {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(TOPIC, 0, null, "in time")).get();
            producer.commitTransaction();
        });
        producer.close();
    }

    private void read(String isolation) {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrapServers);
        config.put("isolation.level", isolation);
        List<String> records = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(PARTITION));
            consumer.seekToBeginning(List.of(PARTITION));
            long end = consumer.endOffsets(List.of(PARTITION)).get(PARTITION);
            while (consumer.position(PARTITION) < end)
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> records.add(record.offset() + ":" + record.value()));
            System.out.println(isolation + " " + end + " " + records);
        }
    }

    private void describe() throws Exception {
        for (String id : IDS) {
            settled(id);
            TransactionDescription description = admin.describeTransactions(List.of(id)).description(id).get();
            System.out.println(id + " " + description.state() + " epoch " + description.producerEpoch() + " timeout "
                    + description.transactionTimeoutMs() + " " + description.topicPartitions());
        }
        Map<Long, String> producers = new TreeMap<>();
        admin.describeProducers(List.of(PARTITION)).partitionResult(PARTITION).get().activeProducers().forEach(producer -> producers
                .put(producer.producerId(), producer.producerEpoch() + " " + producer.lastSequence() + " "
                        + producer.currentTransactionStartOffset()));
        System.out.println("producers " + producers.values());
        System.out.println("transaction.version " + admin.describeFeatures().featureMetadata().get().finalizedFeatures().get("transaction.version"));
    }

    /** Markers are written after the end of a transaction has been acknowledged. */
    private void settled(String id) throws Exception {
        for (;;) {
            TransactionState state = admin.describeTransactions(List.of(id)).description(id).get().state();
            if (state == TransactionState.COMPLETE_COMMIT || state == TransactionState.COMPLETE_ABORT) return;
            Thread.sleep(20);
        }
    }

    private KafkaProducer<String, String> producer(String id, int timeoutMs) {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrapServers);
        config.put("transactional.id", id);
        config.put("transaction.timeout.ms", timeoutMs);
        KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        return producer;
    }

    private interface Step {
        void run() throws Exception;
    }

    private static void attempt(String what, Step step) {
        try {
            step.run();
            System.out.println(what + ": done");
        } catch (ExecutionException error) {
            System.out.println(what + ": " + error.getCause().getClass().getSimpleName());
        } catch (Exception error) {
            System.out.println(what + ": " + error.getClass().getSimpleName());
        }
    }
}
