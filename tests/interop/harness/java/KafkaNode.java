import java.io.PrintStream;

/** Formats a node's directory and starts the node, in one JVM: starting a second one costs a second. */
public final class KafkaNode {
    public static void main(String[] args) {
        String properties = args[0];
        String clusterId = args[1];
        PrintStream errors = System.err;
        int status = kafka.tools.StorageTool.execute(
            new String[] {"format", "--ignore-formatted", "-t", clusterId, "-c", properties}, errors);
        if (status != 0) System.exit(status);
        kafka.Kafka.main(new String[] {properties});
    }
}
