"""librdkafka.py BOOTSTRAP TOPIC RECORDS produce|produce-keyed|consume: librdkafka through confluent-kafka, at its best legitimate use."""

import json
import os
import sys
import time

from confluent_kafka import Consumer, Producer

bootstrap, topic, records, mode = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
payloads = [bytes([97 + n % 26]) * 100 for n in range(1000)]


def produce(keyed):
    producer = Producer({
        'bootstrap.servers': bootstrap, 'linger.ms': 5, 'batch.size': 65536, 'enable.idempotence': True,
        'queue.buffering.max.messages': 1000000,
    })
    producer.list_topics(topic, 10)
    start = time.perf_counter()
    for n in range(records):
        key = f'key-{n % 10000}' if keyed else None
        while True:
            try:
                producer.produce(topic, payloads[n % 1000], key)
                break
            except BufferError:
                producer.poll(0.01)
        if n % 1000 == 0:
            producer.poll(0)
    producer.flush()
    return time.perf_counter() - start


def consume():
    consumer = Consumer({
        'bootstrap.servers': bootstrap, 'group.id': f'bench-{os.getpid()}', 'auto.offset.reset': 'earliest',
        'queued.min.messages': 1000000, 'fetch.queue.backoff.ms': 10,
    })
    consumer.subscribe([topic])
    received, size, start = 0, 0, None
    while received < records:
        messages = consumer.consume(10000, 1.0)
        if messages and start is None:
            start = time.perf_counter()
        for message in messages:
            size += len(message.value())
        received += len(messages)
    seconds = time.perf_counter() - start
    consumer.close()
    assert size == records * 100, (size, received)
    return seconds


seconds = consume() if mode == 'consume' else produce(mode == 'produce-keyed')
print(json.dumps({'recordsPerSecond': records / seconds}))
