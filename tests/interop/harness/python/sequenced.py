"""Produces numbered records with librdkafka without pause, and keeps a journal of them.

Arguments and journal are those of the other sequenced producers. Says its figures on stdout ten times a second. Ends when `count` records
are settled; with a count of 0 when its standard input ends and all are.
"""

import sys
import threading
import time

from confluent_kafka import Producer

arguments = dict(argument.split('=', 1) for argument in sys.argv[1:])
client, topic, partitions = arguments['client'], arguments['topic'], int(arguments['partitions'])
count, window, per_second = int(arguments['count']), int(arguments['window']), int(arguments['perSecond'])
journal = open(arguments['log'], 'ab', buffering=0)
stop = threading.Event()
if count == 0:
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
totals = {'sent': 0, 'acknowledged': 0, 'failed': 0}
outcomes = []
BURST, SAY_EVERY = 100, 0.1


def now():
    return f'{time.monotonic_ns() / 1e6:.3f}'


def settled(error, message):
    name = message.value().decode().split(' ', 1)[0]
    if error is None:
        totals['acknowledged'] += 1
        outcomes.append(f'{now()} ok {name} {message.partition()} {message.offset()}\n')
    else:
        totals['failed'] += 1
        outcomes.append(f'{now()} failed {name} {error}\n')


def write_outcomes():
    if outcomes:
        journal.write(''.join(outcomes).encode())
        outcomes.clear()


def say(word):
    print(word, *(f'{name} {number}' for name, number in totals.items()), flush=True)


def room(elapsed):
    due = per_second * elapsed - totals['sent'] if per_second else BURST
    left = count - totals['sent'] if count else BURST
    return max(0, min(BURST, window - (totals['sent'] - totals['acknowledged'] - totals['failed']), left, int(due)))


def is_done():
    return stop.is_set() or (count > 0 and totals['sent'] >= count)


config = {name.removeprefix('config.'): value for name, value in arguments.items() if name.startswith('config.')}
producer = Producer({'bootstrap.servers': arguments['bootstrap'], 'client.id': client, **config})
started, said = time.monotonic(), 0.0
while not is_done():
    if time.monotonic() - said >= SAY_EVERY:
        said = time.monotonic()
        say('now')
    numbers = range(totals['sent'], totals['sent'] + room(time.monotonic() - started))
    journal.write(''.join(f'{now()} sent {client}:{n} {n % partitions}\n' for n in numbers).encode())
    for n in numbers:
        totals['sent'] += 1
        producer.produce(topic, partition=n % partitions, value=f'{client}:{n} {"x" * (n % 90)}', on_delivery=settled)
    producer.poll(0.002)
    write_outcomes()
producer.flush()
write_outcomes()
say('done')
