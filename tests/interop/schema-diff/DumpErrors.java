// Prints Kafka's error table: code, name, whether its exception is retriable, message; tab-separated.

import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;

public class DumpErrors {
    public static void main(String[] args) {
        for (Errors error : Errors.values()) {
            String message = error.exception() == null ? "" : error.message();
            System.out.println(error.code() + "\t" + error.name() + "\t" + (error.exception() instanceof RetriableException) + "\t" + message);
        }
    }
}
