// Serialises messages through Kafka's own generated classes, for our encoder to be compared with, byte for byte.
//
// Arguments: the number of samples a version, then the names of message classes. One line a sample, tab-separated:
// class, version, the message as Kafka's JSON converter writes it, the bytes in hexadecimal.
// Sample 0 holds only defaults, sample 1 null wherever that is allowed, the others values chosen by a fixed seed.
// Kafka's converter leaves out the bytes of records: those here are always 00 01 02 … 17.

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.record.internal.MemoryRecords;

public class SerializeMessages {
    // One less than the greatest integer that a JavaScript number holds: that one stands for Long.MAX_VALUE where a field means it.
    private static final long SAFE = (1L << 53) - 2;
    private static final String[] TEXTS = {"a", "orders", "Odradek-Spule", "grün € 🧵", "x".repeat(130), ""};

    public static void main(String[] args) throws Exception {
        int samples = Integer.parseInt(args[0]);
        for (int i = 1; i < args.length; i++) {
            Class<?> type = Class.forName(args[i]);
            short from = type.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
            short to = type.getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
            for (short version = from; version <= to; version++)
                for (int sample = 0; sample < samples; sample++) print(type, version, sample);
        }
    }

    private static void print(Class<?> type, short version, int sample) throws Exception {
        ApiMessage message = (ApiMessage) type.getConstructor().newInstance();
        Schema schema = ((Schema[]) type.getField("SCHEMAS").get(null))[version];
        if (sample > 0) fill(message, schema, new Random(31L * version + sample + type.getSimpleName().hashCode()), sample == 1);
        Class<?> converter = Class.forName(type.getName() + "JsonConverter");
        Method write = converter.getMethod("write", type, short.class, boolean.class);
        JsonNode json = (JsonNode) write.invoke(null, message, version, true);
        ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        System.out.println(type.getSimpleName() + "\t" + version + "\t" + json + "\t" + HexFormat.of().formatHex(bytes));
    }

    private static void fill(Object target, Schema schema, Random random, boolean nulls) throws Exception {
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields) {
                for (var tagged : ((TaggedFields) field.def.type).fields().values()) set(target, tagged.name, tagged.type, random, nulls);
            } else set(target, field.def.name, field.def.type, random, nulls);
        }
    }

    private static void set(Object target, String name, org.apache.kafka.common.protocol.types.Type type, Random random, boolean nulls) throws Exception {
        for (Field field : target.getClass().getDeclaredFields()) {
            if (!field.getName().equalsIgnoreCase(name.replace("_", ""))) continue;
            field.setAccessible(true);
            field.set(target, value(field.getType(), field.getGenericType(), type, random, nulls));
            return;
        }
        throw new IllegalStateException(target.getClass() + " has no " + name);
    }

    private static Object value(Class<?> java, Type generic, org.apache.kafka.common.protocol.types.Type type, Random random, boolean nulls) throws Exception {
        if (nulls && type.isNullable()) return null;
        if (Collection.class.isAssignableFrom(java)) return collection(java, generic, type, random, nulls);
        if (java == boolean.class) return random.nextInt(4) != 0;
        if (java == byte.class) return (byte) random.nextInt();
        if (java == short.class) return (short) random.nextInt();
        if (java == int.class) return type.toString().equals("UINT16") ? random.nextInt(65536) : random.nextInt();
        if (java == long.class) return number(random);
        if (java == double.class) return random.nextGaussian() * 1e6;
        if (java == String.class) return TEXTS[random.nextInt(TEXTS.length)];
        if (java == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
        if (java == byte[].class) return bytes(random);
        if (java == ByteBuffer.class) return ByteBuffer.wrap(bytes(random));
        if (java.getSimpleName().equals("BaseRecords")) return MemoryRecords.readableRecords(ByteBuffer.wrap(recordBytes()));
        Object struct = java.getConstructor().newInstance();
        fill(struct, (Schema) type, random, nulls);
        return struct;
    }

    @SuppressWarnings("unchecked")
    private static Object collection(Class<?> java, Type generic, org.apache.kafka.common.protocol.types.Type type, Random random, boolean nulls) throws Exception {
        Collection<Object> all;
        Type parameters = generic;
        if (java.isInterface()) all = new ArrayList<>();
        else {
            all = (Collection<Object>) java.getConstructor().newInstance();
            parameters = java.getGenericSuperclass();
        }
        Class<?> element = (Class<?>) ((ParameterizedType) parameters).getActualTypeArguments()[0];
        Class<?> plain = element == Integer.class ? int.class : element == Long.class ? long.class : element == Short.class ? short.class : element == Byte.class ? byte.class : element;
        var elementType = type.arrayElementType().orElseThrow();
        for (int count = 1 + random.nextInt(2); count > 0; count--) all.add(value(plain, plain, elementType, random, nulls));
        return all;
    }

    private static long number(Random random) {
        int choice = random.nextInt(8);
        if (choice == 0) return SAFE;
        if (choice == 1) return -SAFE;
        return random.nextLong() >> (11 + random.nextInt(50));
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] recordBytes() {
        byte[] bytes = new byte[24];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) i;
        return bytes;
    }
}
