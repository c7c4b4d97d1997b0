/* librdkafka.c KEY=VALUE…     One workload with librdkafka; prints its figures as JSON, last line on stdout. */
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEYS 10000
#define BATCH 10000

static int argument_count;
static char **arguments;
static const char *topic;
static int records, size, payload_count;
static char *payloads;
static char keys[KEYS][16];

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static const char *option(const char *name, const char *otherwise) {
    size_t length = strlen(name);
    for (int i = 1; i < argument_count; i++)
        if (strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=') return arguments[i] + length + 1;
    return otherwise;
}

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void wait_until(double ms) {
    double left = ms - now_ms();
    if (left > 0) usleep((useconds_t)(left * 1000));
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char error[512];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(error);
}

static rd_kafka_t *open_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char error[512];
    set(conf, "bootstrap.servers", option("bootstrap", ""));
    rd_kafka_t *client = rd_kafka_new(type, conf, error, sizeof error);
    if (client == NULL) fail(error);
    return client;
}

static rd_kafka_conf_t *producer_conf(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "linger.ms", option("lingerMs", "5"));
    set(conf, "batch.size", option("batchSize", "16384"));
    set(conf, "compression.codec", option("codec", "none"));
    set(conf, "enable.idempotence", "true");
    set(conf, "queue.buffering.max.messages", "1000000");
    return conf;
}

static rd_kafka_t *open_consumer(const char *reset, void (*on_rebalance)(rd_kafka_t *, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t *, void *), void *opaque) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char group[32];
    snprintf(group, sizeof group, "bench-%d", getpid());
    set(conf, "group.id", group);
    set(conf, "auto.offset.reset", reset);
    set(conf, "queued.min.messages", "1000000");
    /* Without it the consumer stalls for a second when its queue is full; versions before 2.2 do not know it. */
    char unknown[512];
    rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "10", unknown, sizeof unknown);
    rd_kafka_conf_set_opaque(conf, opaque);
    if (on_rebalance != NULL) rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_t *consumer = open_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(consumer, topics) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
    return consumer;
}

static void read_payloads(void) {
    FILE *file = fopen(option("payloads", ""), "rb");
    if (file == NULL) fail("no payloads");
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    payloads = malloc(length);
    if (fread(payloads, 1, length, file) != (size_t)length) fail("payloads");
    fclose(file);
    payload_count = length / size;
    for (int n = 0; n < KEYS; n++) snprintf(keys[n], sizeof keys[n], "key-%d", n);
}

static void need_metadata(rd_kafka_t *client) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    if (rd_kafka_metadata(client, 0, handle, &metadata, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("metadata");
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
}

static void send_one(rd_kafka_t *producer, const char *key, void *value, size_t length, void *opaque) {
    size_t key_length = key == NULL ? 0 : strlen(key);
    for (;;) {
        rd_kafka_resp_err_t error = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, key_length),
            RD_KAFKA_V_VALUE(value, length), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(rd_kafka_err2str(error));
        rd_kafka_poll(producer, 5);
    }
}

static long delivered, undelivered;

static void count_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client, (void)opaque;
    if (message->err) undelivered++;
    else delivered++;
}

static void produce(void) {
    int keyed = strcmp(option("keyed", "0"), "1") == 0;
    read_payloads();
    rd_kafka_conf_t *conf = producer_conf();
    rd_kafka_conf_set_dr_msg_cb(conf, count_delivery);
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, conf);
    need_metadata(producer);
    double start = now_ms();
    for (int n = 0; n < records; n++) {
        send_one(producer, keyed ? keys[n % KEYS] : NULL, payloads + (size_t)(n % payload_count) * size, size, NULL);
        if (n % 1000 == 0) rd_kafka_poll(producer, 0);
    }
    rd_kafka_flush(producer, 60000);
    double seconds = (now_ms() - start) / 1000;
    rd_kafka_destroy(producer);
    if (delivered != records) fail("not all were delivered");
    printf("{\"recordsPerSecond\":%f}\n", records / seconds);
}

static void consume(void) {
    rd_kafka_t *consumer = open_consumer("earliest", NULL, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    static rd_kafka_message_t *messages[BATCH];
    double start = 0;
    long received = 0;
    size_t bytes = 0;
    while (received < records) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, 1000, messages, BATCH);
        for (ssize_t i = 0; i < count; i++) {
            if (!messages[i]->err) {
                if (start == 0) start = now_ms();
                bytes += messages[i]->len;
                received++;
            }
            rd_kafka_message_destroy(messages[i]);
        }
    }
    double seconds = (now_ms() - start) / 1000;
    if (bytes != (size_t)records * size) fail("wrong number of bytes");
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    printf("{\"recordsPerSecond\":%f}\n", records / seconds);
}

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

/* The first tenth warms up and does not count. */
static void say_percentiles(double *all, int count) {
    double *counted = all + count / 10;
    int left = count - count / 10;
    qsort(counted, left, sizeof *counted, ascending);
    printf("{\"p50\":%f,\"p99\":%f}\n", counted[left / 2], counted[(int)(left * 0.99)]);
}

static double *sent_at, *latencies;

static void time_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client, (void)opaque;
    long n = (long)message->_private;
    latencies[n] = now_ms() - sent_at[n];
    __atomic_add_fetch(&delivered, 1, __ATOMIC_SEQ_CST);
}

static volatile int is_polling = 1;

static void *poll_reports(void *producer) {
    while (is_polling) rd_kafka_poll(producer, 100);
    return NULL;
}

static void latency(void) {
    double per_second = atof(option("perSecond", "0"));
    read_payloads();
    sent_at = calloc(records, sizeof *sent_at);
    latencies = calloc(records, sizeof *latencies);
    rd_kafka_conf_t *conf = producer_conf();
    rd_kafka_conf_set_dr_msg_cb(conf, time_delivery);
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, conf);
    need_metadata(producer);
    pthread_t poller;
    if (per_second > 0) pthread_create(&poller, NULL, poll_reports, producer);
    double start = now_ms();
    for (long n = 0; n < records; n++) {
        if (per_second > 0) wait_until(start + n * 1000 / per_second);
        sent_at[n] = now_ms();
        send_one(producer, keys[n % KEYS], payloads + (size_t)(n % payload_count) * size, size, (void *)n);
        while (per_second == 0 && delivered <= n) rd_kafka_poll(producer, 100);
    }
    rd_kafka_flush(producer, 10000);
    while (__atomic_load_n(&delivered, __ATOMIC_SEQ_CST) < records) usleep(1000);
    is_polling = 0;
    if (per_second > 0) pthread_join(poller, NULL);
    rd_kafka_destroy(producer);
    say_percentiles(latencies, records);
}

static volatile int partitions_held[2];

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *partitions, void *opaque) {
    volatile int *held = opaque;
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        rd_kafka_assign(client, partitions);
        *held = partitions->cnt;
    } else {
        rd_kafka_assign(client, NULL);
        *held = 0;
    }
}

static void *receive(void *opaque) {
    (void)opaque;
    rd_kafka_t *consumer = open_consumer("latest", on_rebalance, (void *)&partitions_held[0]);
    for (int received = 0; received < records;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
        if (message == NULL) continue;
        if (!message->err) {
            double sent;
            memcpy(&sent, message->payload, sizeof sent);
            latencies[received++] = now_ms() - sent;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return NULL;
}

static void end_to_end(void) {
    double per_second = atof(option("perSecond", "0"));
    latencies = calloc(records, sizeof *latencies);
    for (int n = 0; n < KEYS; n++) snprintf(keys[n], sizeof keys[n], "key-%d", n);
    pthread_t receiver;
    pthread_create(&receiver, NULL, receive, NULL);
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, producer_conf());
    need_metadata(producer);
    while (partitions_held[0] == 0) usleep(1000);
    sleep(1);
    char *value = calloc(1, size);
    double start = now_ms();
    for (int n = 0; n < records; n++) {
        wait_until(start + n * 1000 / per_second);
        double now = now_ms();
        memcpy(value, &now, sizeof now);
        send_one(producer, keys[n % KEYS], value, size, NULL);
        rd_kafka_poll(producer, 0);
    }
    rd_kafka_flush(producer, 10000);
    pthread_join(receiver, NULL);
    rd_kafka_destroy(producer);
    say_percentiles(latencies, records);
}

static void first_acknowledgement(void) {
    rd_kafka_conf_t *conf = producer_conf();
    rd_kafka_conf_set_dr_msg_cb(conf, count_delivery);
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, conf);
    send_one(producer, NULL, "first", 5, NULL);
    while (delivered + undelivered == 0) rd_kafka_poll(producer, 100);
    if (undelivered > 0) fail("not delivered");
    printf("acknowledged\n");
    fflush(stdout);
    rd_kafka_destroy(producer);
    printf("{}\n");
}

static volatile int is_member[2] = {1, 1};

static void *be_member(void *opaque) {
    long member = (long)opaque;
    rd_kafka_t *consumer = open_consumer("earliest", on_rebalance, (void *)&partitions_held[member]);
    while (is_member[member]) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 10);
        if (message != NULL) rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return NULL;
}

static double wait_for(int first, int second, double since) {
    while (partitions_held[0] != first || partitions_held[1] != second) usleep(500);
    return now_ms() - since;
}

static void group(void) {
    pthread_t members[2];
    double start = now_ms();
    pthread_create(&members[0], NULL, be_member, (void *)0L);
    double first_ms = wait_for(6, 0, start);
    start = now_ms();
    pthread_create(&members[1], NULL, be_member, (void *)1L);
    double second_ms = wait_for(3, 3, start);
    start = now_ms();
    is_member[1] = 0;
    double leave_ms = wait_for(6, 0, start);
    is_member[0] = 0;
    pthread_join(members[0], NULL);
    pthread_join(members[1], NULL);
    printf("{\"firstMs\":%f,\"secondMs\":%f,\"leaveMs\":%f}\n", first_ms, second_ms, leave_ms);
}

static void must(rd_kafka_error_t *error) {
    if (error != NULL) fail(rd_kafka_error_string(error));
}

/* One after the other, each ended before the next begins. The first tenth warms up and does not count. */
static void transactions(void) {
    int in_each = atoi(option("inEach", "10"));
    int count = records / in_each;
    read_payloads();
    rd_kafka_conf_t *conf = producer_conf();
    set(conf, "transactional.id", topic);
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, conf);
    must(rd_kafka_init_transactions(producer, 60000));
    double start = 0;
    for (int n = 0; n < count; n++) {
        if (n == count / 10) start = now_ms();
        must(rd_kafka_begin_transaction(producer));
        for (int at = n * in_each; at < (n + 1) * in_each; at++)
            send_one(producer, keys[at % KEYS], payloads + (size_t)(at % payload_count) * size, size, NULL);
        must(rd_kafka_commit_transaction(producer, -1));
    }
    double seconds = (now_ms() - start) / 1000;
    rd_kafka_destroy(producer);
    printf("{\"transactionsPerSecond\":%f}\n", (count - count / 10) / seconds);
}

int main(int count, char **values) {
    argument_count = count;
    arguments = values;
    topic = option("topic", "");
    records = atoi(option("records", "0"));
    size = atoi(option("size", "0"));
    const char *kind = option("kind", "");
    if (strcmp(kind, "produce") == 0) produce();
    else if (strcmp(kind, "consume") == 0) consume();
    else if (strcmp(kind, "latency") == 0) latency();
    else if (strcmp(kind, "end-to-end") == 0) end_to_end();
    else if (strcmp(kind, "first-ack") == 0) first_acknowledgement();
    else if (strcmp(kind, "group") == 0) group();
    else if (strcmp(kind, "transactions") == 0) transactions();
    else fail("no such kind");
    return 0;
}
