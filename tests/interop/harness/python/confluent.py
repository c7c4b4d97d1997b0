"""confluent-kafka (librdkafka) on a broker: idempotent producer, consumer group, commits. Prints one JSON object."""

import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, topic, strategy = sys.argv[1:4]
RECORDS = 6000
PARTITIONS = 6


def create():
    admin = AdminClient({'bootstrap.servers': bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={'retention.ms': '3600000'})])[topic].result(20)


def produce():
    reports = []
    producer = Producer({
        'bootstrap.servers': bootstrap, 'enable.idempotence': True, 'acks': 'all', 'linger.ms': 2,
        'compression.type': 'lz4', 'queue.buffering.max.messages': 100000,
    })
    for n in range(RECORDS):
        producer.produce(topic, key=f'key-{n % 50}', value=f'value-{n}', headers=[('n', str(n))],
                         on_delivery=lambda error, m: reports.append((str(error) if error else None, m.partition(), m.offset(), m.value().decode())))
        producer.poll(0)
    producer.flush(30)
    return reports


def consumer(group):
    return Consumer({
        'bootstrap.servers': bootstrap, 'group.id': group, 'auto.offset.reset': 'earliest', 'enable.auto.commit': False,
        'partition.assignment.strategy': strategy, 'session.timeout.ms': 10000, 'heartbeat.interval.ms': 500,
    })


def consume(members, wanted):
    """Polls all members until every record is there and each of them has partitions, and commits what they had."""
    received, owners = [], [set() for _ in members]
    until = time.time() + 40
    while time.time() < until:
        for index, member in enumerate(members):
            for message in member.consume(500, 0.05):
                assert message.error() is None, message.error()
                received.append((message.partition(), message.offset(), message.key().decode(), message.value().decode(),
                                 dict(message.headers())['n'].decode()))
            owners[index] = {p.partition for p in member.assignment()}
        balanced = all(owners) and sum(len(o) for o in owners) == PARTITIONS
        if len({(r[0], r[1]) for r in received}) >= wanted and balanced:
            break
    if received:
        for member in members:
            member.commit(asynchronous=False)
    return received, [sorted(o) for o in owners]


create()
group = f'group-{topic}'
first, second = consumer(group), consumer(group)
first.subscribe([topic])
second.subscribe([topic])
# Each has its partitions before the first record: what a member loses again in a rebalance it could no longer commit.
consume([first, second], 0)
reports = produce()
received, owners = consume([first, second], RECORDS)
second.close()
first.close()

again = consumer(group)
committed = again.committed([TopicPartition(topic, p) for p in range(PARTITIONS)], timeout=20)
again.subscribe([topic])
rest, alone = consume([again], 0)
again.close()
print(json.dumps({
    'reports': reports, 'received': received, 'owners': owners,
    'committed': {p.partition: p.offset for p in committed}, 'rest': rest, 'alone': alone,
}))
