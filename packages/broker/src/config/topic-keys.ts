/** The configuration of a topic: Kafka's keys, types, bounds and defaults. */

import type { ConfigKey } from './config-key.ts'
import { key } from './config-key.ts'

export interface TopicValues {
  'cleanup.policy': readonly string[]
  'compression.gzip.level': number
  'compression.lz4.level': number
  'compression.type': string
  'compression.zstd.level': number
  'delete.retention.ms': number
  'file.delete.delay.ms': number
  'flush.messages': number
  'flush.ms': number
  'follower.replication.throttled.replicas': readonly string[]
  'index.interval.bytes': number
  'leader.replication.throttled.replicas': readonly string[]
  'local.retention.bytes': number
  'local.retention.ms': number
  'max.compaction.lag.ms': number
  'max.message.bytes': number
  'message.timestamp.after.max.ms': number
  'message.timestamp.before.max.ms': number
  'message.timestamp.type': string
  'min.cleanable.dirty.ratio': number
  'min.compaction.lag.ms': number
  'min.insync.replicas': number
  preallocate: boolean
  'remote.log.copy.disable': boolean
  'remote.log.delete.on.disable': boolean
  'remote.storage.enable': boolean
  'retention.bytes': number
  'retention.ms': number
  'segment.bytes': number
  'segment.index.bytes': number
  'segment.jitter.ms': number
  'segment.ms': number
  'unclean.leader.election.enable': boolean
}

export type TopicKey = keyof TopicValues

const forever = Number.POSITIVE_INFINITY
const dynamic = 'cluster-wide'

export function gzipLevelProblem(level: number): string | undefined {
  return level === -1 || (level >= 1 && level <= 9) ? undefined : 'Value must be between 1 and 9, or -1 for the default'
}

function cleanupPolicyProblem(policies: readonly string[]): string | undefined {
  return new Set(policies).size === policies.length ? undefined : 'A policy is named twice'
}

export const topicKeys: { readonly [Key in TopicKey]: ConfigKey<TopicValues[Key]> } = {
  'cleanup.policy': key<readonly string[]>('list', ['delete'], dynamic, 'What happens to old segments: delete, compact, or both.', {
    choices: ['compact', 'delete'],
    check: cleanupPolicyProblem,
  }),
  'compression.gzip.level': key('int', -1, dynamic, 'Level where compression.type is gzip: 1 to 9, or -1 for the default.', {
    check: gzipLevelProblem,
  }),
  'compression.lz4.level': key('int', 9, dynamic, 'Level where compression.type is lz4.', { min: 1, max: 17 }),
  'compression.type': key<string>('string', 'producer', dynamic, 'How batches are stored; producer keeps what the producer chose.', {
    choices: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
  }),
  'compression.zstd.level': key('int', 3, dynamic, 'Level where compression.type is zstd.', { min: -131072, max: 22 }),
  'delete.retention.ms': key(
    'long',
    86_400_000,
    dynamic,
    'How long tombstones stay in a compacted topic after the compaction that meets them.',
    { min: 0 },
  ),
  'file.delete.delay.ms': key('long', 60_000, dynamic, 'How long a removed segment stays on disk.', { min: 0 }),
  'flush.messages': key('long', forever, dynamic, 'Records after which the log is synced to disk; 1 syncs before every acknowledgement.', {
    min: 1,
  }),
  'flush.ms': key('long', forever, dynamic, 'Milliseconds after which the log is synced to disk.', { min: 0 }),
  'follower.replication.throttled.replicas': key<readonly string[]>('list', [], dynamic, 'Kept for tools; one node does not replicate.'),
  'index.interval.bytes': key('int', 4096, dynamic, 'Bytes of log between two entries of the offset index.', { min: 0 }),
  'leader.replication.throttled.replicas': key<readonly string[]>('list', [], dynamic, 'Kept for tools; one node does not replicate.'),
  'local.retention.bytes': key('long', -2, dynamic, 'Kept for tools; there is no tiered storage.', { min: -2 }),
  'local.retention.ms': key('long', -2, dynamic, 'Kept for tools; there is no tiered storage.', { min: -2 }),
  'max.compaction.lag.ms': key('long', forever, dynamic, 'Longest time a record may stay uncompacted.', { min: 1 }),
  'max.message.bytes': key('int', 1_048_588, dynamic, 'Largest record batch, as sent.', { min: 0 }),
  'message.timestamp.after.max.ms': key('long', 3_600_000, dynamic, "How far a record's timestamp may lie ahead of the broker's clock.", {
    min: 0,
  }),
  'message.timestamp.before.max.ms': key('long', forever, dynamic, "How far a record's timestamp may lie behind the broker's clock.", {
    min: 0,
  }),
  'message.timestamp.type': key<string>(
    'string',
    'CreateTime',
    dynamic,
    "Whether a record carries the producer's time or the time it was appended.",
    {
      choices: ['CreateTime', 'LogAppendTime'],
    },
  ),
  'min.cleanable.dirty.ratio': key('double', 0.5, dynamic, 'Share of the log that must be dirty before it is compacted.', {
    min: 0,
    max: 1,
  }),
  'min.compaction.lag.ms': key('long', 0, dynamic, 'Shortest time a record stays uncompacted.', {
    min: 0,
  }),
  'min.insync.replicas': key('int', 1, dynamic, 'Replicas that must be in sync for acks=all; one node has one.', { min: 1 }),
  preallocate: key('boolean', false, dynamic, 'Kept for tools; segments grow as they are written.'),
  'remote.log.copy.disable': key('boolean', false, dynamic, 'Kept for tools; there is no tiered storage.'),
  'remote.log.delete.on.disable': key('boolean', false, dynamic, 'Kept for tools; there is no tiered storage.'),
  'remote.storage.enable': key('boolean', false, dynamic, 'Tiered storage, which this broker does not have.', {
    check: (enabled) => (enabled ? 'Tiered storage functionality is disabled in the broker' : undefined),
  }),
  'retention.bytes': key('long', -1, dynamic, 'Bytes of a partition to keep; -1 keeps all.'),
  'retention.ms': key('long', 604_800_000, dynamic, 'Milliseconds to keep a segment; -1 keeps it for ever.', { min: -1 }),
  'segment.bytes': key('int', 1_073_741_824, dynamic, 'Size at which a segment is closed and the next one begun.', { min: 1_048_576 }),
  'segment.index.bytes': key('int', 10_485_760, dynamic, "Largest size of a segment's offset index.", { min: 4 }),
  'segment.jitter.ms': key('long', 0, dynamic, 'Largest random time by which segment.ms is shortened.', { min: 0 }),
  'segment.ms': key('long', 604_800_000, dynamic, 'Age at which a segment is closed and the next one begun.', { min: 1 }),
  'unclean.leader.election.enable': key('boolean', false, dynamic, 'Kept for tools; one node has no other replica to elect.'),
}

export function isTopicKey(name: string): name is TopicKey {
  return Object.hasOwn(topicKeys, name)
}
