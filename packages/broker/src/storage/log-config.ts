/** The topic configuration that a log obeys, with Kafka's defaults. Built from topic configs by the layer above. */

import type { CodecName } from '@odradek/runtime'

export interface LogConfig {
  /** `segment.bytes` */
  readonly segmentBytes: number
  /** `segment.ms` */
  readonly segmentMs: number
  /** `segment.jitter.ms` */
  readonly segmentJitterMs: number
  /** `segment.index.bytes` */
  readonly segmentIndexBytes: number
  /** `index.interval.bytes` */
  readonly indexIntervalBytes: number
  /** `flush.messages`; Infinity never forces a sync. 1 syncs before every acknowledgement. */
  readonly flushMessages: number
  /** `flush.ms`; Infinity never forces a sync. */
  readonly flushMs: number
  /** `retention.bytes`; −1 keeps everything. */
  readonly retentionBytes: number
  /** `retention.ms`; −1 keeps everything. */
  readonly retentionMs: number
  /** `file.delete.delay.ms` */
  readonly fileDeleteDelayMs: number
  /** `cleanup.policy` contains `delete` */
  readonly cleanupDelete: boolean
  /** `cleanup.policy` contains `compact` */
  readonly cleanupCompact: boolean
  /** `delete.retention.ms`: how long tombstones and markers of compacted transactions stay. */
  readonly deleteRetentionMs: number
  /** `min.compaction.lag.ms` */
  readonly minCompactionLagMs: number
  /** `max.compaction.lag.ms`; Infinity sets no limit. */
  readonly maxCompactionLagMs: number
  /** `min.cleanable.dirty.ratio`, 0 to 1. */
  readonly minCleanableDirtyRatio: number
  /** `max.message.bytes`: the largest batch, header included. */
  readonly maxMessageBytes: number
  /** `compression.type`: `producer` keeps what the producer chose. */
  readonly compressionType: 'producer' | 'uncompressed' | CodecName
  /** Level for `compressionType` (`compression.<codec>.level`); the codec's default when undefined. */
  readonly compressionLevel: number | undefined
  /** `message.timestamp.type` */
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** `message.timestamp.before.max.ms` */
  readonly timestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms` */
  readonly timestampAfterMaxMs: number
}

export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4096,
  flushMessages: Number.POSITIVE_INFINITY,
  flushMs: Number.POSITIVE_INFINITY,
  retentionBytes: -1,
  retentionMs: 604_800_000,
  fileDeleteDelayMs: 60_000,
  cleanupDelete: true,
  cleanupCompact: false,
  deleteRetentionMs: 86_400_000,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.POSITIVE_INFINITY,
  minCleanableDirtyRatio: 0.5,
  maxMessageBytes: 1_048_588,
  compressionType: 'producer',
  compressionLevel: undefined,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
  timestampAfterMaxMs: 3_600_000,
}
