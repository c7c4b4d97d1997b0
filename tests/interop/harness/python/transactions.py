"""librdkafka's transactional producer (the first protocol): commits, aborts, offsets, a successor. Prints what is left, as JSON."""

import json
import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
topic = "rides"


def producer(transactional_id):
    made = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id})
    made.init_transactions(30)
    return made


def read(isolation):
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": f"reader-{isolation}", "isolation.level": isolation,
        "enable.auto.commit": False, "enable.partition.eof": True,
    })
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = []
    while True:
        message = consumer.poll(30)
        if message is None:
            raise SystemExit("nothing came for 30 s")
        if message.error():
            break
        values.append(message.value().decode())
    consumer.close()
    return values


admin = AdminClient({"bootstrap.servers": bootstrap})
for future in admin.create_topics([NewTopic(topic, 1, 1)]).values():
    future.result()

first = producer("rides-1")
group = Consumer({"bootstrap.servers": bootstrap, "group.id": "copiers", "enable.auto.commit": False})
for round in range(3):
    first.begin_transaction()
    for i in range(3):
        first.produce(topic, f"{round}-{i}".encode(), partition=0)
    first.flush(30)
    first.send_offsets_to_transaction([TopicPartition(topic, 0, round + 1)], group.consumer_group_metadata(), 30)
    if round == 1:
        first.abort_transaction(30)
    else:
        first.commit_transaction(30)

zombie = producer("rides-2")
zombie.begin_transaction()
zombie.produce(topic, b"zombie", partition=0)
zombie.flush(30)
successor = producer("rides-2")
successor.begin_transaction()
successor.produce(topic, b"successor", partition=0)
successor.commit_transaction(30)
try:
    zombie.commit_transaction(30)
    fenced = "not fenced"
except KafkaException as error:
    fenced = error.args[0].name()

committed = group.committed([TopicPartition(topic, 0)], 30)[0].offset
group.close()
print(json.dumps({
    "read_committed": read("read_committed"), "read_uncommitted": read("read_uncommitted"), "fenced": fenced, "committed": committed,
}))
