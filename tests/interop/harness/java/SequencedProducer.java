import java.io.FileOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Produces numbered records with Kafka's own client without pause, and keeps a journal of them. Arguments and journal are those of the other
 * sequenced producers. Says its figures on stdout ten times a second. Ends when `count` records are settled; with a count of 0 when its
 * standard input ends and all are.
 */
public class SequencedProducer {
    static final int BURST = 100;
    static final long SAY_EVERY_NANOS = 100_000_000;

    static final AtomicLong acknowledged = new AtomicLong();
    static final AtomicLong failed = new AtomicLong();
    static final StringBuilder outcomes = new StringBuilder();
    static volatile boolean isStopped = false;
    static FileOutputStream journal;
    static long sent = 0;

    public static void main(String[] args) throws Exception {
        Map<String, String> arguments = new HashMap<>();
        Properties config = new Properties();
        for (String argument : args) {
            String[] pair = argument.split("=", 2);
            arguments.put(pair[0], pair[1]);
            if (pair[0].startsWith("config.")) config.put(pair[0].substring("config.".length()), pair[1]);
        }
        config.put("bootstrap.servers", arguments.get("bootstrap"));
        config.put("client.id", arguments.get("client"));
        journal = new FileOutputStream(arguments.get("log"), true);
        if (arguments.get("count").equals("0")) stopWithStandardInput();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            produce(producer, arguments);
            producer.flush();
        }
        writeOutcomes();
        say("done");
    }

    static void produce(KafkaProducer<String, String> producer, Map<String, String> arguments) throws Exception {
        String client = arguments.get("client");
        String topic = arguments.get("topic");
        int partitions = Integer.parseInt(arguments.get("partitions"));
        long count = Long.parseLong(arguments.get("count"));
        long window = Long.parseLong(arguments.get("window"));
        long perSecond = Long.parseLong(arguments.get("perSecond"));
        long from = System.nanoTime();
        long said = 0;
        while (!isStopped && (count == 0 || sent < count)) {
            if (System.nanoTime() - said >= SAY_EVERY_NANOS) {
                said = System.nanoTime();
                say("now");
            }
            long due = perSecond == 0 ? BURST : perSecond * (System.nanoTime() - from) / 1_000_000_000 - sent;
            long left = count == 0 ? BURST : count - sent;
            long inFlight = sent - acknowledged.get() - failed.get();
            long burst = Math.max(0, Math.min(Math.min(BURST, window - inFlight), Math.min(left, due)));
            StringBuilder lines = new StringBuilder();
            for (long n = sent; n < sent + burst; n++) lines.append(now()).append(" sent ").append(client).append(':').append(n).append(' ').append(n % partitions).append('\n');
            write(lines);
            for (long end = sent + burst; sent < end; sent++) send(producer, topic, (int) (sent % partitions), client + ":" + sent);
            Thread.sleep(2);
            writeOutcomes();
        }
    }

    static void send(KafkaProducer<String, String> producer, String topic, int partition, String name) {
        String value = name + " " + "x".repeat((int) (sent % 90));
        producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, error) -> {
            synchronized (outcomes) {
                outcomes.append(now());
                if (error == null) outcomes.append(" ok ").append(name).append(' ').append(metadata.partition()).append(' ').append(metadata.offset());
                else outcomes.append(" failed ").append(name).append(' ').append(error.toString().replace('\n', ' '));
                outcomes.append('\n');
            }
            (error == null ? acknowledged : failed).incrementAndGet();
        });
    }

    static void stopWithStandardInput() {
        Thread thread = new Thread(() -> {
            try {
                while (System.in.read() >= 0) continue;
            } catch (java.io.IOException error) {
                // Its end, too.
            }
            isStopped = true;
        });
        thread.setDaemon(true);
        thread.start();
    }

    static String now() {
        return String.format(Locale.ROOT, "%.3f", System.nanoTime() / 1e6);
    }

    static void writeOutcomes() throws Exception {
        synchronized (outcomes) {
            write(outcomes);
            outcomes.setLength(0);
        }
    }

    static void write(StringBuilder lines) throws Exception {
        if (lines.length() > 0) journal.write(lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    static void say(String word) {
        System.out.println(word + " sent " + sent + " acknowledged " + acknowledged + " failed " + failed);
    }
}
