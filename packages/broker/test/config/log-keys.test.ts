/** Every key of a log and of the cleaner reaches what acts on it, whether it is set on a topic or on the broker; what that does then is for storage's tests. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig, parseBrokerConfig } from '../../src/config/broker-config.ts'
import { cleanerConfigOf } from '../../src/config/cleaner-config.ts'
import { brokerSynonyms, logConfigOf } from '../../src/config/topic-config.ts'
import { isTopicKey } from '../../src/config/topic-keys.ts'
import type { LogConfig } from '../../src/storage/log-config.ts'

type Field = keyof LogConfig

/** Topic key: its field, a value that is no default, and the broker's keys for the same, with what they make of a value of 7 where it is another unit. */
const logKeys: Readonly<Record<string, readonly [field: Field, value: string, brokerKeys: Readonly<Record<string, number>>]>> = {
  'segment.bytes': ['segmentBytes', '2000000', { 'log.segment.bytes': 1 }],
  'segment.ms': ['segmentMs', '7', { 'log.roll.ms': 1, 'log.roll.hours': 3_600_000 }],
  'segment.jitter.ms': ['segmentJitterMs', '7', { 'log.roll.jitter.ms': 1, 'log.roll.jitter.hours': 3_600_000 }],
  'segment.index.bytes': ['segmentIndexBytes', '7', { 'log.index.size.max.bytes': 1 }],
  'index.interval.bytes': ['indexIntervalBytes', '7', { 'log.index.interval.bytes': 1 }],
  'flush.messages': ['flushMessages', '7', { 'log.flush.interval.messages': 1 }],
  'flush.ms': ['flushMs', '7', { 'log.flush.interval.ms': 1, 'log.flush.scheduler.interval.ms': 1 }],
  'retention.bytes': ['retentionBytes', '7', { 'log.retention.bytes': 1 }],
  'retention.ms': ['retentionMs', '7', { 'log.retention.ms': 1, 'log.retention.minutes': 60_000, 'log.retention.hours': 3_600_000 }],
  'file.delete.delay.ms': ['fileDeleteDelayMs', '7', { 'log.segment.delete.delay.ms': 1 }],
  'delete.retention.ms': ['deleteRetentionMs', '7', { 'log.cleaner.delete.retention.ms': 1 }],
  'min.compaction.lag.ms': ['minCompactionLagMs', '7', { 'log.cleaner.min.compaction.lag.ms': 1 }],
  'max.compaction.lag.ms': ['maxCompactionLagMs', '7', { 'log.cleaner.max.compaction.lag.ms': 1 }],
  'min.cleanable.dirty.ratio': ['minCleanableDirtyRatio', '0.25', { 'log.cleaner.min.cleanable.ratio': 1 }],
  'max.message.bytes': ['maxMessageBytes', '7', { 'message.max.bytes': 1 }],
  'message.timestamp.before.max.ms': ['timestampBeforeMaxMs', '7', { 'log.message.timestamp.before.max.ms': 1 }],
  'message.timestamp.after.max.ms': ['timestampAfterMaxMs', '7', { 'log.message.timestamp.after.max.ms': 1 }],
}

const none = new Map<string, string>()

for (const [topicKey, [field, value, brokerKeys]] of Object.entries(logKeys)) {
  test(`${topicKey} and ${Object.keys(brokerKeys).join(', ')}`, () => {
    assert.equal(logConfigOf(new Map([[topicKey, value]]), new BrokerConfig())[field], Number(value))
    for (const [name, factor] of Object.entries(brokerKeys)) {
      assert.equal(logConfigOf(none, parseBrokerConfig({ [name]: value }).config)[field], Number(value) * factor, name)
    }
    assert.deepEqual(
      isTopicKey(topicKey) && brokerSynonyms[topicKey]?.map(({ name }) => name).toSorted(),
      Object.keys(brokerKeys).toSorted(),
      'and no others',
    )
  })
}

test('the level of a codec counts where compression.type asks for that codec', () => {
  const levels = { 'compression.gzip.level': 7, 'compression.lz4.level': 8, 'compression.zstd.level': 9 }
  const { config } = parseBrokerConfig(levels)
  const levelOf = (type: string): number | undefined => logConfigOf(new Map([['compression.type', type]]), config).compressionLevel
  assert.deepEqual(['gzip', 'lz4', 'zstd', 'snappy', 'producer'].map(levelOf), [7, 8, 9, undefined, undefined])
  for (const [name, level] of Object.entries(levels)) {
    const own = new Map([
      ['compression.type', name.split('.')[1] ?? ''],
      [name, String(level)],
    ])
    assert.equal(logConfigOf(own, new BrokerConfig()).compressionLevel, level, name)
  }
})

test('the keys of the cleaner', () => {
  const { config } = parseBrokerConfig({
    'log.cleaner.enable': false,
    'log.cleaner.backoff.ms': 1,
    'log.cleaner.dedupe.buffer.size': 2,
    'log.cleaner.io.buffer.load.factor': 0.3,
    'log.cleaner.io.buffer.size': 4,
    'log.cleaner.io.max.bytes.per.second': 5,
  })
  assert.deepEqual(cleanerConfigOf(config), {
    isEnabled: false,
    backoffMs: 1,
    dedupeBufferBytes: 2,
    loadFactor: 0.3,
    ioBufferBytes: 4,
    ioMaxBytesPerSecond: 5,
  })
})
