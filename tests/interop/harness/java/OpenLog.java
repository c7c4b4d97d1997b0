// Opens a partition directory with Kafka's own log, from the start that the checkpoint beside it says, as after a clean shutdown, as after a crash, or with nothing but its segments, and prints what it found.

import java.io.File;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

public class OpenLog {
    public static void main(String[] args) throws Exception {
        File directory = new File(args[0]);
        boolean isClean = args[1].equals("clean");
        if (args[1].equals("bare")) {
            for (File file : directory.listFiles()) {
                if (file.getName().matches(".*\\.(index|timeindex|txnindex|snapshot)")) file.delete();
            }
        }
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        long start = new OffsetCheckpointFile(new File(directory.getParentFile(), "log-start-offset-checkpoint"), null).read()
            .getOrDefault(UnifiedLog.parseTopicPartitionName(directory), 0L);
        UnifiedLog log = UnifiedLog.create(directory, new LogConfig(Map.of()), start, isClean ? Long.MAX_VALUE : 0L, scheduler,
            new BrokerTopicStats(), Time.SYSTEM, 900_000, new ProducerStateManagerConfig(86_400_000, false), 600_000,
            new LogDirFailureChannel(1), isClean, Optional.empty());
        log.updateHighWatermark(log.logEndOffset());
        System.out.printf("logStartOffset=%d logEndOffset=%d lastStableOffset=%d%n", log.logStartOffset(), log.logEndOffset(), log.lastStableOffset());
        log.activeProducers().forEach(producer -> System.out.printf("producer %d epoch=%d lastSequence=%d txn=%d%n",
            producer.producerId(), producer.producerEpoch(), producer.lastSequence(), producer.currentTxnStartOffset()));
        log.close();
        scheduler.shutdown();
    }
}
