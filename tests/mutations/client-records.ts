/** Faults on a record's way into its batch, and in the ends of a producer. */

import type { Mutation } from './mutation.ts'

const producer = 'packages/client/test/producer/producer.test.ts'
const memory = 'packages/client/test/producer/accumulator.test.ts'
const shown = 'packages/client/test/producer/failures-shown.test.ts'
const held = 'packages/client/test/producer/held-records.test.ts'
const lifecycle = 'packages/client/test/producer/lifecycle.test.ts'
const serdes = 'packages/client/test/serde/basic.test.ts'
const config = 'packages/client/test/config/config.test.ts'
const late = 'packages/client/test/producer/late-serializer.test.ts'

const accumulator = 'packages/client/src/producer/accumulator.ts'
const lane = 'packages/client/src/producer/topic-lane.ts'
const facade = 'packages/client/src/producer/kafka-producer.ts'
const intake = 'packages/client/src/producer/record-intake.ts'

export const recordMutations: readonly Mutation[] = [
  {
    name: 'producer/one-refusal-a-timer',
    breaks: 'records that waited for room are refused one after the other, long after max.block.ms',
    file: lane,
    search: '(isLate ? lateDeadlineMs : deadlineMs) <= now',
    replace: '(isLate ? lateDeadlineMs : deadlineMs) < 0',
    tests: [producer],
  },
  {
    name: 'producer/refuse-those-in-time',
    breaks: 'a record is refused before max.block.ms has passed',
    file: lane,
    search: '(isLate ? lateDeadlineMs : deadlineMs) <= now',
    replace: '(isLate ? lateDeadlineMs : deadlineMs) > 0',
    tests: [producer],
  },
  {
    name: 'producer/nameless-timeout',
    breaks: 'a timeout does not say which record it was',
    file: lane,
    search: 'error instanceof TimeoutError ? naming(held, error) : error',
    replace: 'error instanceof TimeoutError && held.topic === "" ? naming(held, error) : error',
    tests: [producer],
  },
  {
    name: 'producer/refusal-unseen',
    breaks: 'records that get into no batch are in no figure and in no event',
    file: facade,
    search: 'this.#options.metrics.onRefusal(canBeAskedFor(',
    replace: 'void (canBeAskedFor(',
    tests: [shown],
  },
  {
    name: 'producer/overtake-a-blocked-record',
    breaks: 'a record overtakes those of its topic that wait for memory',
    file: intake,
    search: 'if (lane.isIdle && !this.#lanes.isMissing',
    replace: 'if (!this.#lanes.isMissing',
    tests: [producer],
  },
  {
    name: 'producer/flush-does-not-wait',
    breaks: 'flush() resolves before the records are delivered',
    file: facade,
    search: 'await this.#settled()',
    replace: '',
    tests: [producer],
  },
  {
    name: 'producer/close-does-not-wait',
    breaks: 'close() drops the records that are under way',
    file: facade,
    search: 'await Promise.race([flushed, this.#patience.ended])',
    replace: 'flushed.catch(() => undefined)',
    tests: [producer],
  },
  {
    name: 'producer/late-record-is-overtaken',
    breaks: 'a record overtakes one whose serializer takes its time',
    file: lane,
    search: 'if (isPending(blocked.held)) break',
    replace: 'if (isPending(blocked.held)) continue',
    tests: ['packages/client/test/producer/late-serializer.test.ts'],
  },
  {
    name: 'producer/broken-interceptor-breaks-send',
    breaks: 'a record is not sent because an interceptor threw',
    file: 'packages/client/src/interception.ts',
    search: 'this.#warnOnce(`${method}() of',
    replace: 'throw error\n        this.#warnOnce(`${method}() of',
    tests: ['packages/client/test/producer/interceptors.test.ts'],
  },
  {
    name: 'producer/sink-without-backpressure',
    breaks: 'a stream into the producer reads all of its source into memory',
    file: 'packages/client/src/producer/record-sink.ts',
    search: 'send(record, resolve).catch(',
    replace: 'resolve()\n        send(record, resolve).catch(',
    tests: ['packages/client/test/producer/record-sink.test.ts'],
  },
  {
    name: 'producer/sink-hides-failure',
    breaks: 'a stream into the producer ends well although a record failed',
    file: 'packages/client/src/producer/record-sink.ts',
    search: 'controller.error(reason)',
    replace: 'failure = undefined',
    tests: ['packages/client/test/producer/record-sink.test.ts'],
  },
  {
    name: 'producer/value-taken-late',
    breaks: 'a record that waits is written as its memory is when it goes',
    file: 'packages/client/src/producer/held-record.ts',
    search: 'bytes instanceof Uint8Array ? Buffer.from(bytes) : bytes',
    replace: 'bytes',
    tests: [held, late],
  },
  {
    name: 'producer/partition-chosen-again',
    breaks: 'a record that waits for room is placed by another turn of the partitioner each time',
    file: intake,
    search: 'held.partition ??= ',
    replace: 'held.partition = ',
    tests: [held],
  },
  {
    name: 'producer/taken-while-closing',
    breaks: 'a record is refused because the producer is closed, and written',
    file: facade,
    search: "this.#refusedBy ??= new StateError('The producer is closed', 'CLOSED')\n    if",
    replace: 'if',
    tests: [lifecycle],
  },
  {
    name: 'producer/flush-waits-for-later-ones',
    breaks: 'flush() and close() never end while records keep coming',
    file: lane,
    search: 'gone: this.#gone + this.#blocked.length, resolve',
    replace: 'gone: Number.MAX_SAFE_INTEGER, resolve',
    tests: [lifecycle],
  },
  {
    name: 'producer/first-close-decides',
    breaks: 'close() with a timeout waits for as long as an earlier close() would',
    file: 'packages/client/src/cluster/patience.ts',
    search: 'if (untilMs >= this.#untilMs) return',
    replace: 'if (untilMs >= 0) return',
    tests: [lifecycle, late],
  },
  {
    name: 'producer/serializer-waited-for-for-ever',
    breaks: 'a serializer that never answers blocks its topic for ever',
    file: intake,
    search: 'awaitBytes: (settled, deadlineMs) => withDeadline(cluster.runtime.clock, settled, deadlineMs, lateness)',
    replace: 'awaitBytes: (settled, deadlineMs) => (deadlineMs > 0 ? settled : Promise.reject(new Error(lateness)))',
    tests: [late],
  },
  {
    name: 'producer/bad-topic-poisons',
    breaks: 'a record without a topic ends all metadata',
    file: 'packages/client/src/cluster/check-topic.ts',
    search: 'if (canBeAskedFor(topic)) return',
    replace: 'if (canBeAskedFor(topic) || MAX_NAME_BYTES > 0) return',
    tests: [held],
  },
  {
    name: 'producer/empty-batch-left-open',
    breaks: 'a record that cannot be encoded leaves a batch that is never sent',
    file: accumulator,
    search:
      '    batch?.append(timestampMs, record.key, record.value, record.headers)\n    // Only now: an empty batch would never be sent.\n    if (isNew && batch !== undefined) this.#open(queue, batch)',
    replace:
      '    if (isNew && batch !== undefined) this.#open(queue, batch)\n    batch?.append(timestampMs, record.key, record.value, record.headers)',
    tests: [memory],
  },
  {
    name: 'producer/map-of-headers-lost',
    breaks: 'headers in a Map are lost without a word',
    file: 'packages/client/src/headers.ts',
    search: ' && !(Symbol.iterator in headers)',
    replace: '',
    tests: [held],
  },
  {
    name: 'producer/missing-partition-holds-up',
    breaks: 'a partition that is not there holds up the records to all others',
    file: intake,
    search: 'this.#lanes.aside(held.topic, held.partition).block(blocked)\n      return true',
    replace: 'return false',
    tests: [held],
  },
  {
    name: 'producer/invalid-topic-asked-for-each',
    breaks: 'each record to a topic that there cannot be asks for its metadata',
    file: lane,
    search: 'const stay = error.retriable ?',
    replace: 'const stay = error.message !== "" ?',
    tests: [held],
  },
  {
    name: 'producer/int32-cut-off',
    breaks: 'a fraction is written as a whole number',
    file: 'packages/client/src/serde/basic.ts',
    search: "typeof value === 'number' && value === (value | 0)",
    replace: "typeof value === 'number'",
    tests: [serdes],
  },
  {
    name: 'producer/uuid-in-capitals',
    breaks: 'a UUID in capitals is in another partition than with other clients',
    file: 'packages/client/src/serde/basic.ts',
    search: 'return value.toLowerCase()',
    replace: 'return value',
    tests: [serdes],
  },
  {
    name: 'producer/java-only-keys-refused',
    breaks: 'the properties file of a Java client is refused',
    file: 'packages/client/src/config/resolve.ts',
    search: ' && !isForJava(name, value)',
    replace: '',
    tests: [config],
  },
  {
    name: 'producer/ints-without-end',
    breaks: 'a number that Java refuses, and that no 32 bits hold, is taken',
    file: 'packages/client/src/config/resolve.ts',
    search: "const most = key.type === 'int' ? MAX_INT : Number.MAX_SAFE_INTEGER",
    replace: 'const most = Number.MAX_SAFE_INTEGER',
    tests: [config],
  },
]
