import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** One workload with Kafka's own client, its payloads taken from a pool. Arguments: KEY=VALUE…; prints its figures as JSON, last line on stdout. */
public class Load {
    static final Map<String, String> options = new HashMap<>();
    static String topic;
    static int records;
    static int size;

    public static void main(String[] args) throws Exception {
        for (String argument : args) {
            String[] pair = argument.split("=", 2);
            options.put(pair[0], pair[1]);
        }
        topic = options.get("topic");
        records = number("records");
        size = number("size");
        switch (options.get("kind")) {
            case "produce" -> produce();
            case "consume" -> consume();
            case "latency" -> latency();
            case "end-to-end" -> endToEnd();
            case "first-ack" -> firstAcknowledgement();
            case "group" -> group();
            case "transactions" -> transactions();
            case "commits" -> commits();
            default -> throw new IllegalArgumentException(options.get("kind"));
        }
    }

    static int number(String name) {
        return Integer.parseInt(options.getOrDefault(name, "0"));
    }

    static KafkaProducer<byte[], byte[]> producer() {
        return producer(Map.of());
    }

    static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", options.get("bootstrap"));
        config.put("linger.ms", options.getOrDefault("lingerMs", "5"));
        config.put("batch.size", options.getOrDefault("batchSize", "16384"));
        config.put("buffer.memory", "67108864");
        config.put("compression.type", options.getOrDefault("codec", "none"));
        config.putAll(more);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    static KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", options.get("bootstrap"));
        config.put("group.id", "bench-" + ProcessHandle.current().pid());
        config.put("auto.offset.reset", options.get("kind").equals("end-to-end") ? "latest" : "earliest");
        config.put("max.poll.records", "5000");
        config.put("isolation.level", options.getOrDefault("isolation", "read_uncommitted"));
        if (options.get("kind").equals("commits")) config.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static byte[][] payloads() throws Exception {
        byte[] all = Files.readAllBytes(Path.of(options.get("payloads")));
        byte[][] payloads = new byte[all.length / size][];
        for (int n = 0; n < payloads.length; n++) payloads[n] = Arrays.copyOfRange(all, n * size, (n + 1) * size);
        return payloads;
    }

    static byte[][] keys() {
        byte[][] keys = new byte[10_000][];
        for (int n = 0; n < keys.length; n++) keys[n] = ("key-" + n).getBytes();
        return keys;
    }

    static void produce() throws Exception {
        byte[][] values = payloads();
        byte[][] keys = keys();
        boolean keyed = options.get("keyed").equals("1");
        AtomicLong failed = new AtomicLong();
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.partitionsFor(topic);
            long start = System.nanoTime();
            for (int n = 0; n < records; n++) {
                byte[] key = keyed ? keys[n % keys.length] : null;
                producer.send(new ProducerRecord<>(topic, key, values[n % values.length]), (metadata, error) -> {
                    if (error != null) failed.incrementAndGet();
                });
            }
            producer.flush();
            sayRate(start);
        }
        if (failed.get() > 0) throw new IllegalStateException(failed + " failed");
    }

    static void consume() {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.subscribe(List.of(topic));
            long start = 0;
            long bytes = 0;
            for (int received = 0; received < records; ) {
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofSeconds(1));
                if (start == 0 && !polled.isEmpty()) start = System.nanoTime();
                for (ConsumerRecord<byte[], byte[]> one : polled) bytes += one.value().length;
                received += polled.count();
            }
            sayRate(start);
            if (bytes != (long) records * size) throw new IllegalStateException(bytes + " bytes");
        }
    }

    static void latency() throws Exception {
        byte[][] values = payloads();
        byte[][] keys = keys();
        double[] latencies = new double[records];
        CountDownLatch left = new CountDownLatch(records);
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.partitionsFor(topic);
            double perSecond = number("perSecond");
            long start = System.nanoTime();
            for (int n = 0; n < records; n++) {
                int index = n;
                if (perSecond > 0) waitUntil(start + (long) (n * 1e9 / perSecond));
                long from = System.nanoTime();
                var sent = producer.send(new ProducerRecord<>(topic, keys[n % keys.length], values[n % values.length]), (metadata, error) -> {
                    latencies[index] = (System.nanoTime() - from) / 1e6;
                    left.countDown();
                });
                if (perSecond == 0) sent.get();
            }
            left.await();
        }
        sayPercentiles(latencies);
    }

    static void endToEnd() throws Exception {
        double[] latencies = new double[records];
        CountDownLatch assigned = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(records);
        Thread receiver = new Thread(() -> {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
                consumer.subscribe(List.of(topic), onAssigned(count -> assigned.countDown()));
                for (int received = 0; received < records; ) {
                    for (ConsumerRecord<byte[], byte[]> one : consumer.poll(Duration.ofSeconds(1))) {
                        latencies[received++] = (System.nanoTime() - ByteBuffer.wrap(one.value()).getLong()) / 1e6;
                        left.countDown();
                    }
                }
            }
        });
        receiver.start();
        byte[][] keys = keys();
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.partitionsFor(topic);
            assigned.await();
            Thread.sleep(1000);
            double perSecond = number("perSecond");
            long start = System.nanoTime();
            for (int n = 0; n < records; n++) {
                waitUntil(start + (long) (n * 1e9 / perSecond));
                byte[] value = new byte[size];
                ByteBuffer.wrap(value).putLong(System.nanoTime());
                producer.send(new ProducerRecord<>(topic, keys[n % keys.length], value));
            }
            left.await();
        }
        receiver.join();
        sayPercentiles(latencies);
    }

    static void firstAcknowledgement() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.send(new ProducerRecord<>(topic, "first".getBytes())).get();
            System.out.println("acknowledged");
        }
        System.out.println("{}");
    }

    static void group() throws Exception {
        long start = System.nanoTime();
        Member first = new Member();
        waitFor(() -> first.partitions.get() == 6);
        double firstMs = (System.nanoTime() - start) / 1e6;
        start = System.nanoTime();
        Member second = new Member();
        waitFor(() -> first.partitions.get() == 3 && second.partitions.get() == 3);
        double secondMs = (System.nanoTime() - start) / 1e6;
        start = System.nanoTime();
        second.leave();
        waitFor(() -> first.partitions.get() == 6);
        double leaveMs = (System.nanoTime() - start) / 1e6;
        first.leave();
        say("{\"firstMs\":%f,\"secondMs\":%f,\"leaveMs\":%f}", firstMs, secondMs, leaveMs);
    }

    static class Member {
        final AtomicInteger partitions = new AtomicInteger();
        final KafkaConsumer<byte[], byte[]> consumer = consumer();
        final Thread thread = new Thread(this::poll);

        Member() {
            thread.start();
        }

        void poll() {
            try (consumer) {
                consumer.subscribe(List.of(topic), onAssigned(partitions::set));
                for (;;) consumer.poll(Duration.ofSeconds(1));
            } catch (WakeupException stopped) {
                // Leaves the group as it closes.
            }
        }

        void leave() throws InterruptedException {
            consumer.wakeup();
            thread.join();
        }
    }

    /** One after the other, each ended before the next begins. */
    static void transactions() throws Exception {
        byte[][] values = payloads();
        byte[][] keys = keys();
        int inEach = number("inEach");
        int transactions = records / inEach;
        int abortEvery = number("abortEvery");
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("transactional.id", topic))) {
            producer.initTransactions();
            long start = 0;
            for (int n = 0; n < transactions; n++) {
                if (n == transactions / 10) start = System.nanoTime();
                producer.beginTransaction();
                for (int at = n * inEach; at < (n + 1) * inEach; at++) {
                    producer.send(new ProducerRecord<>(topic, keys[at % keys.length], values[at % values.length]));
                }
                if (abortEvery > 0 && n % abortEvery == 0) {
                    // What is not sent yet would never be.
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
            sayCountedRate("transactionsPerSecond", transactions, start);
        }
    }

    /** Of all partitions each, `outstanding` at a time: 1 is commitSync(). */
    static void commits() {
        int commits = number("commits");
        int outstanding = number("outstanding");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream().map(each -> new TopicPartition(topic, each.partition())).toList();
            consumer.assign(partitions);
            consumer.pause(partitions);
            AtomicInteger settled = new AtomicInteger();
            long start = 0;
            for (int n = 0; n < commits; n++) {
                if (n == commits / 10) start = System.nanoTime();
                OffsetAndMetadata offset = new OffsetAndMetadata(n + 1);
                Map<TopicPartition, OffsetAndMetadata> offsets = partitions.stream().collect(Collectors.toMap(each -> each, each -> offset));
                if (outstanding == 1) {
                    consumer.commitSync(offsets);
                    continue;
                }
                consumer.commitAsync(offsets, (given, error) -> {
                    if (error != null) throw new IllegalStateException(error);
                    settled.incrementAndGet();
                });
                while (n + 1 - settled.get() >= outstanding) consumer.poll(Duration.ofMillis(1));
            }
            while (outstanding > 1 && settled.get() < commits) consumer.poll(Duration.ofMillis(1));
            sayCountedRate("commitsPerSecond", commits, start);
            consumer.committed(Set.copyOf(partitions)).forEach((partition, offset) -> {
                if (offset.offset() != commits) throw new IllegalStateException(partition + " is at " + offset);
            });
        }
    }

    static void waitFor(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) Thread.sleep(1);
    }

    static ConsumerRebalanceListener onAssigned(java.util.function.IntConsumer use) {
        return new ConsumerRebalanceListener() {
            int held = 0;

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                held -= partitions.size();
                use.accept(held);
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                held += partitions.size();
                use.accept(held);
            }
        };
    }

    static void waitUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) LockSupport.parkNanos(left);
    }

    static void sayRate(long startNanos) {
        say("{\"recordsPerSecond\":%f}", records / ((System.nanoTime() - startNanos) / 1e9));
    }

    /** The first tenth warms up and does not count: `startNanos` is when it was over. */
    static void sayCountedRate(String name, int count, long startNanos) {
        say("{\"%s\":%f}", name, (count - count / 10) / ((System.nanoTime() - startNanos) / 1e9));
    }

    /** The first tenth warms up and does not count. */
    static void sayPercentiles(double[] all) {
        double[] counted = Arrays.copyOfRange(all, all.length / 10, all.length);
        Arrays.sort(counted);
        say("{\"p50\":%f,\"p99\":%f}", counted[(int) (counted.length * 0.5)], counted[(int) (counted.length * 0.99)]);
    }

    static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
