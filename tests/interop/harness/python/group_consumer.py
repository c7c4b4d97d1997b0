"""A member of a group until its input ends; prints what GroupConsumer.java prints. Arguments: those, with librdkafka's name of the strategy."""

import json
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException

bootstrap, topic, group, strategy = sys.argv[1:5]
work_ms = int(sys.argv[5]) if len(sys.argv) > 5 else 0
is_over = threading.Event()


def wait_for_end():
    sys.stdin.read()
    is_over.set()


def teller(what):
    def tell(_, partitions):
        print(json.dumps({what: [p.partition for p in partitions], 'timeMs': time.time() * 1000}), flush=True)
    return tell


threading.Thread(target=wait_for_end, daemon=True).start()
consumer = Consumer({
    'bootstrap.servers': bootstrap, 'group.id': group, 'partition.assignment.strategy': strategy, 'client.id': 'librdkafka',
    'auto.offset.reset': 'earliest', 'enable.auto.commit': False, 'heartbeat.interval.ms': 300, 'session.timeout.ms': 10000,
})
consumer.subscribe([topic], on_assign=teller('assigned'), on_revoke=teller('revoked'), on_lost=teller('revoked'))
while not is_over.is_set():
    messages = [m for m in consumer.consume(500, 0.1) if m.error() is None]
    for message in messages:
        print(json.dumps({'read': [message.partition(), message.offset()]}), flush=True)
    if messages:
        time.sleep(work_ms / 1000)
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as refusal:
            # Read again by the next owner.
            print(json.dumps({'refused': refusal.args[0].name()}), flush=True)
consumer.close()
