import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Consumer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Writes record batches with Kafka's own classes, a file each, into the directory named by the argument. */
public class WriteRecords {
    static final long TIME = 1700000000000L;
    static Path directory;

    public static void main(String[] args) throws Exception {
        directory = Path.of(args[0]);
        batch("none", Compression.NONE, WriteRecords::varied);
        batch("gzip", Compression.gzip().build(), WriteRecords::many);
        batch("gzip-level-1", Compression.gzip().level(1).build(), WriteRecords::many);
        batch("snappy", Compression.snappy().build(), WriteRecords::many);
        batch("lz4", Compression.lz4().build(), WriteRecords::many);
        batch("lz4-level-17", Compression.lz4().level(17).build(), WriteRecords::many);
        batch("zstd", Compression.zstd().build(), WriteRecords::many);
        batch("zstd-level-19", Compression.zstd().level(19).build(), WriteRecords::many);
        batch("snappy-random", Compression.snappy().build(), WriteRecords::random);
        batch("lz4-random", Compression.lz4().build(), WriteRecords::random);
        batch("zstd-random", Compression.zstd().build(), WriteRecords::random);
        write("log-append-time", builder(RecordBatch.CURRENT_MAGIC_VALUE, Compression.NONE, TimestampType.LOG_APPEND_TIME, 42L, TIME + 5), WriteRecords::varied);
        write("transactional", MemoryRecords.builder(ByteBuffer.allocate(1024), RecordBatch.CURRENT_MAGIC_VALUE, Compression.NONE,
            TimestampType.CREATE_TIME, 0L, RecordBatch.NO_TIMESTAMP, 4711L, (short) 3, 2147483646, true, 7), WriteRecords::varied);
        marker("commit", ControlRecordType.COMMIT);
        marker("abort", ControlRecordType.ABORT);
        write("magic-0", builder(RecordBatch.MAGIC_VALUE_V0, Compression.NONE, TimestampType.NO_TIMESTAMP_TYPE, 0L, -1L), WriteRecords::plain);
        write("magic-1", builder(RecordBatch.MAGIC_VALUE_V1, Compression.NONE, TimestampType.CREATE_TIME, 0L, -1L), WriteRecords::plain);
        write("magic-1-gzip", builder(RecordBatch.MAGIC_VALUE_V1, Compression.gzip().build(), TimestampType.CREATE_TIME, 0L, -1L), WriteRecords::plain);
        flushed();
    }

    static MemoryRecordsBuilder builder(byte magic, Compression compression, TimestampType type, long baseOffset, long logAppendTime) {
        return MemoryRecords.builder(ByteBuffer.allocate(1024), magic, compression, type, baseOffset, logAppendTime);
    }

    static void batch(String name, Compression compression, Consumer<MemoryRecordsBuilder> fill) throws Exception {
        write(name, builder(RecordBatch.CURRENT_MAGIC_VALUE, compression, TimestampType.CREATE_TIME, 0L, -1L), fill);
    }

    static void write(String name, MemoryRecordsBuilder builder, Consumer<MemoryRecordsBuilder> fill) throws Exception {
        fill.accept(builder);
        save(name, builder.build().buffer());
    }

    static void marker(String name, ControlRecordType type) throws Exception {
        save(name, MemoryRecords.withEndTransactionMarker(100L, TIME, 5, 4711L, (short) 3, new EndTransactionMarker(type, 9)).buffer());
    }

    static void save(String name, ByteBuffer buffer) throws Exception {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        Files.write(directory.resolve(name + ".bin"), bytes);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void plain(MemoryRecordsBuilder builder) {
        builder.append(TIME, utf8("key"), utf8("value"));
        builder.append(TIME, null, utf8("value"));
    }

    /** Every shape that a record can have. */
    static void varied(MemoryRecordsBuilder builder) {
        builder.append(TIME, utf8("key"), utf8("value"));
        builder.append(TIME + 1, null, utf8("no key"));
        builder.append(TIME - 1, utf8("tombstone"), null);
        builder.append(TIME + 100000000000L, (byte[]) null, null);
        builder.append(TIME, new byte[0], new byte[0]);
        builder.append(TIME, utf8("gr\u00fc\u00dfe \u20ac \ud83d\ude80"), utf8("\u65e5\u672c"));
        builder.append(TIME, utf8("headers"), utf8("v"), new Header[] {
            new RecordHeader("twice", utf8("1")), new RecordHeader("null", (byte[]) null), new RecordHeader("twice", utf8("2")),
            new RecordHeader("", new byte[0]), new RecordHeader("\u00fc", new byte[] {0, -1}) });
        builder.append(0L, utf8("epoch"), new byte[200]);
    }

    static void many(MemoryRecordsBuilder builder) {
        for (int i = 0; i < 700; i++)
            builder.append(TIME + i, utf8("key-" + i % 7), utf8("{\"id\":" + i + ",\"name\":\"user " + i * 31 % 97 + "\",\"text\":\"" + "lorem ipsum ".repeat(i % 9) + "\"}"));
    }

    static void random(MemoryRecordsBuilder builder) {
        Random random = new Random(42);
        byte[] value = new byte[2000];
        random.nextBytes(value);
        builder.append(TIME, null, value);
    }

    /** Not a batch: a zstd stream flushed after each of 400 small writes, without a content size. */
    static void flushed() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new ZstdOutputStreamNoFinalizer(bytes, 3)) {
            for (int i = 0; i < 400; i++) {
                out.write(utf8("line " + i * 7919 % 1000 + " of a stream that is flushed all the time\n"));
                out.flush();
            }
        }
        Files.write(directory.resolve("zstd-flushed.bin"), bytes.toByteArray());
    }
}
