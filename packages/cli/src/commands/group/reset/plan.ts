/** From where a group stands to where a reset takes it, a partition at a time. Changes nothing. */

import type { Admin, TopicPartition, TopicPartitionOffset } from '@odradek/client'
import { CommandError } from '../../../errors.ts'
import { say } from '../../../output/output.ts'
import type { ResetTarget } from './target.ts'

/** What a file says has been read. */
export type PlanTarget =
  | Exclude<ResetTarget, { readonly kind: 'file' }>
  | { readonly kind: 'offsets'; readonly offsets: readonly TopicPartitionOffset[] }

export interface PlannedReset extends TopicPartition {
  /** Null when the group has committed nothing. */
  readonly currentOffset: number | null
  readonly newOffset: number
  readonly endOffset: number
  /** Where `newOffset` was wanted, if that is beyond the partition's ends. */
  readonly clampedFrom: number | null
}

interface Standing extends TopicPartition {
  readonly startOffset: number
  readonly endOffset: number
  readonly committed: number | null
}

/** Throws CommandError for a shift from nowhere. */
export async function planReset(
  admin: Pick<Admin, 'listOffsets' | 'listGroupOffsets'>,
  groupId: string,
  partitions: readonly TopicPartition[],
  target: PlanTarget,
): Promise<PlannedReset[]> {
  const offsetsAt = async (at: 'earliest' | 'latest' | number): Promise<Map<string, number>> => {
    return byPlace(await admin.listOffsets(partitions.map(({ topic, partition }) => ({ topic, partition, at }))))
  }
  const [starts, ends, committed] = await Promise.all([offsetsAt('earliest'), offsetsAt('latest'), admin.listGroupOffsets(groupId)])
  const committedAt = byPlace(committed)
  const wanted = target.kind === 'time' ? await offsetsAt(target.timestampMs) : byPlace(target.kind === 'offsets' ? target.offsets : [])
  return partitions.map(({ topic, partition }) => {
    const place = placeOf({ topic, partition })
    const startOffset = starts.get(place) ?? 0
    const standing = {
      topic,
      partition,
      startOffset,
      endOffset: ends.get(place) ?? startOffset,
      committed: committedAt.get(place) ?? null,
    }
    return plannedReset(groupId, standing, target, wanted.get(place))
  })
}

function plannedReset(groupId: string, standing: Standing, target: PlanTarget, wanted: number | undefined): PlannedReset {
  const { topic, partition, startOffset, endOffset, committed } = standing
  const asked = targetOffset(groupId, standing, target, wanted)
  const newOffset = Math.min(Math.max(asked, startOffset), endOffset)
  return { topic, partition, currentOffset: committed, newOffset, endOffset, clampedFrom: newOffset === asked ? null : asked }
}

function targetOffset(groupId: string, standing: Standing, target: PlanTarget, wanted: number | undefined): number {
  const { topic, partition, startOffset, endOffset, committed } = standing
  switch (target.kind) {
    case 'earliest':
      return startOffset
    case 'latest':
      return endOffset
    case 'current':
      return committed ?? endOffset
    case 'offset':
      return target.offset
    case 'shift':
      if (committed === null) {
        throw new CommandError(
          `group "${groupId}" has committed nothing of ${topic}-${partition} to shift from: give it an offset with --to-offset`,
        )
      }
      return committed + target.by
    case 'time':
    case 'offsets':
      return wanted === undefined || wanted < 0 ? endOffset : wanted
  }
}

/** Where an offset was wanted that the partition does not have. */
export function sayClamped(plan: readonly PlannedReset[]): void {
  for (const { topic, partition, clampedFrom, newOffset } of plan) {
    if (clampedFrom !== null) say(`${topic}-${partition}: offset ${clampedFrom} is out of range, ${newOffset} is taken`)
  }
}

export function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`
}

function byPlace(offsets: readonly TopicPartitionOffset[]): Map<string, number> {
  return new Map(offsets.map((offset) => [placeOf(offset), offset.offset]))
}
