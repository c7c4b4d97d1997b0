"""Produces what its input says, a line `PARTITION NAME` a record, and prints `NAME OFFSET` or `NAME ERROR` once it is settled.

Arguments: bootstrap servers, topic, and settings as `name=value`.
"""

import queue
import sys
import threading

from confluent_kafka import Producer

bootstrap, topic = sys.argv[1:3]
producer = Producer({'bootstrap.servers': bootstrap, **dict(setting.split('=', 1) for setting in sys.argv[3:])})


def settled(error, message):
    print(message.value().decode().strip(), message.offset() if error is None else error.name(), flush=True)


def read():
    for line in sys.stdin:
        lines.put(line)
    lines.put(None)


lines = queue.Queue()
threading.Thread(target=read, daemon=True).start()
is_over = False
while not is_over:
    producer.poll(0.01)
    while not lines.empty():
        line = lines.get()
        if line is None:
            is_over = True
            break
        partition, name = line.split()
        producer.produce(topic, partition=int(partition), value=f'{name} ', on_delivery=settled)
producer.flush()
