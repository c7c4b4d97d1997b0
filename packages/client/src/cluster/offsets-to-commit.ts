/** What can be committed as an offset, and how requests put it. Shared by consumer, producer and admin. */

import type { OffsetCommitRequestInput, TxnOffsetCommitRequestInput } from '@odradek/protocol'
import { ConfigError } from '../errors/kafka-error.ts'
import type { OffsetToCommit } from '../topic-partition.ts'
import { byTopic } from '../topic-partition.ts'

const MAX_INT32 = 2 ** 31 - 1

/** Throws ConfigError for what no request could carry, so that a mistake is told where it was made and nothing has been sent. */
export function checkOffsets(offsets: readonly OffsetToCommit[]): void {
  for (const { topic, partition, offset, metadata, leaderEpoch } of offsets) {
    if (typeof topic !== 'string' || topic === '') throw new ConfigError(`Cannot commit an offset of topic ${String(topic) || "''"}`)
    if (!isInt32(partition) || partition < 0) throw new ConfigError(`Cannot commit an offset of ${topic}: ${partition} is not a partition`)
    const place = `Cannot commit ${topic}-${partition}`
    if (!Number.isSafeInteger(offset) || offset < 0) throw new ConfigError(`${place}: ${offset} is not an offset`)
    if (!isInt32(leaderEpoch ?? -1)) throw new ConfigError(`${place}: ${leaderEpoch} is not a leader epoch`)
    if (typeof (metadata ?? '') !== 'string') throw new ConfigError(`${place}: metadata is not a string`)
  }
}

/** The offsets as OffsetCommit and TxnOffsetCommit have them, topic by topic in the order of their first. */
export function topicsToCommit(
  offsets: readonly OffsetToCommit[],
): OffsetCommitRequestInput['topics'] & TxnOffsetCommitRequestInput['topics'] {
  return [...byTopic(offsets)].map(([name, each]) => ({
    name,
    partitions: each.map(({ partition, offset, metadata, leaderEpoch }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch ?? -1,
      committedMetadata: metadata ?? '',
    })),
  }))
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MAX_INT32
}
