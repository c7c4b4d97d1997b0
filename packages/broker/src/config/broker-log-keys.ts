/** The broker's `log.*` keys: defaults for topics, and the upkeep of logs. */

import type { ConfigKey } from './config-key.ts'
import { key } from './config-key.ts'
import { topicKeys } from './topic-keys.ts'

export interface LogValues {
  'compression.gzip.level': number
  'compression.lz4.level': number
  'compression.type': string
  'compression.zstd.level': number
  'log.cleaner.backoff.ms': number
  'log.cleaner.dedupe.buffer.size': number
  'log.cleaner.delete.retention.ms': number
  'log.cleaner.enable': boolean
  'log.cleaner.io.buffer.load.factor': number
  'log.cleaner.io.buffer.size': number
  'log.cleaner.io.max.bytes.per.second': number
  'log.cleaner.max.compaction.lag.ms': number
  'log.cleaner.min.cleanable.ratio': number
  'log.cleaner.min.compaction.lag.ms': number
  'log.cleanup.policy': readonly string[]
  'log.flush.interval.messages': number
  'log.flush.interval.ms': number | null
  'log.flush.scheduler.interval.ms': number
  'log.index.interval.bytes': number
  'log.index.size.max.bytes': number
  'log.message.timestamp.after.max.ms': number
  'log.message.timestamp.before.max.ms': number
  'log.message.timestamp.type': string
  'log.retention.bytes': number
  'log.retention.check.interval.ms': number
  'log.retention.hours': number
  'log.retention.minutes': number | null
  'log.retention.ms': number | null
  'log.roll.hours': number
  'log.roll.jitter.hours': number
  'log.roll.jitter.ms': number | null
  'log.roll.ms': number | null
  'log.segment.bytes': number
  'log.segment.delete.delay.ms': number
  'message.max.bytes': number
  'min.insync.replicas': number
}

const hours = 'The same in hours, where neither of the finer keys is set.'

export const logKeys: { readonly [Key in keyof LogValues]: ConfigKey<LogValues[Key]> } = {
  'compression.gzip.level': topicKeys['compression.gzip.level'],
  'compression.lz4.level': topicKeys['compression.lz4.level'],
  'compression.type': topicKeys['compression.type'],
  'compression.zstd.level': topicKeys['compression.zstd.level'],
  'log.cleaner.backoff.ms': key('long', 15_000, 'cluster-wide', 'How long the cleaner sleeps when no log is worth compacting.', { min: 0 }),
  'log.cleaner.dedupe.buffer.size': key(
    'long',
    134_217_728,
    'cluster-wide',
    'Memory for the keys of a log that is compacted; 24 bytes a key.',
  ),
  'log.cleaner.enable': key('boolean', true, 'read-only', 'Whether logs whose cleanup.policy says so are compacted.'),
  'log.cleaner.io.buffer.load.factor': key('double', 0.9, 'cluster-wide', 'Share of log.cleaner.dedupe.buffer.size that is filled.'),
  'log.cleaner.io.buffer.size': key('int', 524_288, 'cluster-wide', 'Bytes that the cleaner reads and writes at a time.', { min: 0 }),
  'log.cleaner.io.max.bytes.per.second': key(
    'double',
    Number.MAX_VALUE,
    'cluster-wide',
    'Bytes that the cleaner may read and write a second.',
  ),
  'log.cleaner.delete.retention.ms': topicKeys['delete.retention.ms'],
  'log.cleaner.max.compaction.lag.ms': topicKeys['max.compaction.lag.ms'],
  'log.cleaner.min.cleanable.ratio': topicKeys['min.cleanable.dirty.ratio'],
  'log.cleaner.min.compaction.lag.ms': topicKeys['min.compaction.lag.ms'],
  'log.cleanup.policy': topicKeys['cleanup.policy'],
  'log.flush.interval.messages': topicKeys['flush.messages'],
  'log.flush.interval.ms': key<number | null>('long', null, 'cluster-wide', topicKeys['flush.ms'].doc),
  'log.flush.scheduler.interval.ms': key('long', Number.POSITIVE_INFINITY, 'read-only', 'As log.flush.interval.ms, where that is not set.'),
  'log.index.interval.bytes': topicKeys['index.interval.bytes'],
  'log.index.size.max.bytes': topicKeys['segment.index.bytes'],
  'log.message.timestamp.after.max.ms': topicKeys['message.timestamp.after.max.ms'],
  'log.message.timestamp.before.max.ms': topicKeys['message.timestamp.before.max.ms'],
  'log.message.timestamp.type': topicKeys['message.timestamp.type'],
  'log.retention.bytes': topicKeys['retention.bytes'],
  'log.retention.check.interval.ms': key('long', 300_000, 'read-only', 'How often segments past their retention are looked for.', {
    min: 1,
  }),
  'log.retention.hours': key('int', 168, 'read-only', hours),
  'log.retention.minutes': key<number | null>('int', null, 'read-only', 'The same in minutes, where log.retention.ms is not set.'),
  'log.retention.ms': key<number | null>('long', null, 'cluster-wide', topicKeys['retention.ms'].doc),
  'log.roll.hours': key('int', 168, 'read-only', hours, { min: 1 }),
  'log.roll.jitter.hours': key('int', 0, 'read-only', hours, { min: 0 }),
  'log.roll.jitter.ms': key<number | null>('long', null, 'cluster-wide', topicKeys['segment.jitter.ms'].doc),
  'log.roll.ms': key<number | null>('long', null, 'cluster-wide', topicKeys['segment.ms'].doc),
  'log.segment.bytes': topicKeys['segment.bytes'],
  'log.segment.delete.delay.ms': topicKeys['file.delete.delay.ms'],
  'message.max.bytes': topicKeys['max.message.bytes'],
  'min.insync.replicas': topicKeys['min.insync.replicas'],
}
