"""confluent.py KEY=VALUE…: one workload with librdkafka through confluent-kafka; prints its figures as JSON, last line on stdout."""

import json
import os
import sys
import time

from confluent_kafka import Consumer, Producer

options = dict(argument.split('=', 1) for argument in sys.argv[1:])
topic, records, size = options['topic'], int(options['records']), int(options.get('size', 0))


def open_producer():
    producer = Producer({
        'bootstrap.servers': options['bootstrap'], 'linger.ms': options['lingerMs'], 'batch.size': options['batchSize'],
        'compression.codec': options.get('codec', 'none'), 'enable.idempotence': True, 'queue.buffering.max.messages': 1000000,
    })
    producer.list_topics(topic, 10)
    return producer


def read_payloads():
    with open(options['payloads'], 'rb') as file:
        everything = file.read()
    return [everything[at:at + size] for at in range(0, len(everything), size)]


def produce():
    payloads = read_payloads()
    keys = [f'key-{n}' for n in range(10000)] if options['keyed'] == '1' else [None]
    producer = open_producer()
    start = time.perf_counter()
    for n in range(records):
        while True:
            try:
                producer.produce(topic, payloads[n % len(payloads)], keys[n % len(keys)])
                break
            except BufferError:
                producer.poll(0.01)
        if n % 1000 == 0:
            producer.poll(0)
    producer.flush()
    return {'recordsPerSecond': records / (time.perf_counter() - start)}


def consume():
    consumer = Consumer({
        'bootstrap.servers': options['bootstrap'], 'group.id': f'bench-{os.getpid()}', 'auto.offset.reset': 'earliest',
        'queued.min.messages': 1000000, 'fetch.queue.backoff.ms': 10,
    })
    consumer.subscribe([topic])
    received, length, start = 0, 0, None
    while received < records:
        messages = consumer.consume(10000, 1.0)
        if messages and start is None:
            start = time.perf_counter()
        for message in messages:
            length += len(message.value())
        received += len(messages)
    seconds = time.perf_counter() - start
    consumer.close()
    assert length == records * size, (length, received)
    return {'recordsPerSecond': records / seconds}


def latency():
    """One at a time, awaited. The first tenth warms up and does not count."""
    payloads = read_payloads()
    producer = open_producer()
    latencies = []
    for n in range(records):
        start = time.perf_counter()
        producer.produce(topic, payloads[n % len(payloads)], f'key-{n % 10000}', on_delivery=lambda *_: latencies.append((time.perf_counter() - start) * 1000))
        while len(latencies) <= n:
            producer.poll(0.1)
    counted = sorted(latencies[len(latencies) // 10:])
    return {'p50': counted[len(counted) // 2], 'p99': counted[len(counted) * 99 // 100]}


print(json.dumps({'produce': produce, 'consume': consume, 'latency': latency}[options['kind']]()))
