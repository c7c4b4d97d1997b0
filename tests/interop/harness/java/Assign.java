import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Assigns as the leader of a group does. A line of input is a JSON object: assignor, topics (for each partition the racks of its replicas),
 * members (memberId, groupInstanceId, metadata in base64). A line of output has for each member what it is given, and in base64 what its
 * assignor will send with its next subscription.
 */
public class Assign {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        StringBuilder out = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.append(JSON.writeValueAsString(assign(JSON.readTree(line)))).append('\n');
        }
        System.out.print(out);
    }

    private static ObjectNode assign(JsonNode input) {
        String name = input.get("assignor").asText();
        Map<String, Subscription> subscriptions = new HashMap<>();
        for (JsonNode member : input.get("members")) {
            byte[] metadata = Base64.getDecoder().decode(member.get("metadata").asText());
            Subscription subscription = ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(metadata));
            JsonNode instance = member.get("groupInstanceId");
            subscription.setGroupInstanceId(instance.isNull() ? Optional.empty() : Optional.of(instance.asText()));
            subscriptions.put(member.get("memberId").asText(), subscription);
        }
        Map<String, Assignment> assignments = assignor(name)
            .assign(cluster(input.get("topics")), new GroupSubscription(subscriptions)).groupAssignment();
        ObjectNode result = JSON.createObjectNode();
        assignments.forEach((memberId, assignment) -> {
            ObjectNode member = result.putObject(memberId);
            ArrayNode partitions = member.putArray("partitions");
            assignment.partitions().forEach(tp -> partitions.add(tp.toString()));
            ConsumerPartitionAssignor own = assignor(name);
            own.onAssignment(assignment, new ConsumerGroupMetadata("g", 7, memberId, Optional.empty()));
            ByteBuffer userData = own.subscriptionUserData(Set.of("any"));
            if (userData == null) member.putNull("userData");
            else member.put("userData", Base64.getEncoder().encodeToString(userData.array()));
        });
        return result;
    }

    private static Cluster cluster(JsonNode topics) {
        Map<String, Node> nodes = new HashMap<>();
        List<PartitionInfo> infos = new ArrayList<>();
        topics.fields().forEachRemaining(topic -> {
            int partition = 0;
            for (JsonNode racks : topic.getValue()) {
                List<Node> replicas = new ArrayList<>();
                racks.forEach(rack -> replicas.add(nodes.computeIfAbsent(rack.asText(), r -> new Node(nodes.size(), "host", 9092, r))));
                if (replicas.isEmpty()) replicas.add(nodes.computeIfAbsent("", r -> new Node(nodes.size(), "host", 9092)));
                Node[] array = replicas.toArray(new Node[0]);
                infos.add(new PartitionInfo(topic.getKey(), partition++, array[0], array, array));
            }
        });
        return new Cluster("cluster", nodes.values(), infos, Set.of(), Set.of());
    }

    private static ConsumerPartitionAssignor assignor(String name) {
        switch (name) {
            case "range": return new RangeAssignor();
            case "round-robin": return new RoundRobinAssignor();
            case "sticky": return new StickyAssignor();
            default: return new CooperativeStickyAssignor();
        }
    }
}
