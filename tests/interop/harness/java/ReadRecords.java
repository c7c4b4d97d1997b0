import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Reads record batches with Kafka's own classes and prints, for each file named by an argument, its batches and their records. */
public class ReadRecords {
    public static void main(String[] args) throws Exception {
        for (String file : args) {
            System.out.println("file " + Path.of(file).getFileName());
            for (RecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(Path.of(file)))).batches()) {
                batch.ensureValid();
                System.out.println(String.join(" ", "batch", "" + batch.baseOffset(), "" + batch.lastOffset(), batch.compressionType().name,
                    "" + batch.maxTimestamp(), "" + batch.producerId(), "" + batch.producerEpoch(), "" + batch.baseSequence(),
                    "" + batch.lastSequence(), "" + batch.isTransactional(), "" + batch.isControlBatch(), "" + batch.partitionLeaderEpoch()));
                for (Record record : batch) {
                    StringBuilder line = new StringBuilder("record " + record.offset() + " " + record.timestamp());
                    line.append(" ").append(text(record.key())).append(" ").append(text(record.value()));
                    for (Header header : record.headers())
                        line.append(" ").append(text(ByteBuffer.wrap(header.key().getBytes("UTF-8")))).append("=")
                            .append(text(header.value() == null ? null : ByteBuffer.wrap(header.value())));
                    System.out.println(line);
                }
            }
        }
    }

    static String text(ByteBuffer bytes) {
        if (bytes == null) return "null";
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return "'" + Base64.getEncoder().encodeToString(copy);
    }
}
