"""Produces numbered records without pause and writes a line for each acknowledgement: partition offset value.

Says `in flight N` on stdout ten times a second; ends when its standard input does, with all records acknowledged or failed.
"""

import sys
import threading
import time

from confluent_kafka import Producer

bootstrap, topic, log_path, per_second = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
log = open(log_path, 'w', buffering=1 << 16)
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
failed = []


def fatal(error):
    failed.append(str(error))


producer = Producer({
    'bootstrap.servers': bootstrap, 'enable.idempotence': True, 'linger.ms': 1, 'queue.buffering.max.messages': 20000,
    'batch.num.messages': 500, 'retry.backoff.ms': 20, 'reconnect.backoff.ms': 20, 'reconnect.backoff.max.ms': 100,
    'delivery.timeout.ms': 60000, 'error_cb': lambda error: fatal(error) if error.fatal() else None,
})


def delivered(error, message):
    if error is not None:
        failed.append(str(error))
    else:
        log.write(f'{message.partition()} {message.offset()} {message.value().decode()}\n')


number, said = 0, 0.0
while not stop.is_set() and not failed:
    now = time.time()
    if now - said >= 0.1:
        said = now
        log.flush()
        print(f'in flight {len(producer)}', flush=True)
    try:
        for _ in range(per_second // 100):
            producer.produce(topic, key=str(number % 100), value=f'{number:08d} {"x" * (number % 90)}', on_delivery=delivered)
            number += 1
    except BufferError:
        pass
    producer.poll(0.01)
producer.flush(60)
log.flush()
print(f'produced {number} failed {len(failed)} {failed[:1]}', flush=True)
