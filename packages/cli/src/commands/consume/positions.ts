/** From `--from` to offsets, and the ends at which `-e` stops. */

import type { Consumer, TopicPartition, TopicPartitionOffset } from '@odradek/client'
import type { StartPosition } from '../../records/start-position.ts'

type AnyConsumer = Consumer<Buffer, Buffer>

export const placeKey = (place: TopicPartition): string => `${place.topic}:${place.partition}`

/** The offset to start at, a partition; never before the log's start, nor after its end. Without `from` as `auto.offset.reset` says. */
export async function startOffsets(
  consumer: AnyConsumer,
  partitions: readonly TopicPartition[],
  from: StartPosition | undefined,
): Promise<TopicPartitionOffset[]> {
  if (from === undefined) return Promise.all(partitions.map(async (place) => ({ ...place, offset: await consumer.position(place) })))
  const [starts, ends] = await Promise.all([consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)])
  const endOf = offsetsByPlace(ends)
  const timed =
    from.kind === 'time'
      ? offsetsByPlace(await consumer.offsetsForTimes(partitions.map((place) => ({ ...place, timestamp: from.timestampMs }))))
      : undefined
  return starts.map(({ topic, partition, offset: start }) => {
    const end = endOf.get(placeKey({ topic, partition })) ?? start
    const wanted = wantedOffset(from, start, end, timed?.get(placeKey({ topic, partition })))
    return { topic, partition, offset: Math.min(Math.max(wanted, start), end) }
  })
}

function wantedOffset(from: StartPosition, start: number, end: number, timed: number | undefined): number {
  switch (from.kind) {
    case 'earliest':
      return start
    case 'latest':
      return end
    case 'offset':
      return from.offset
    case 'tail':
      return end - from.count
    case 'time':
      return timed ?? end
  }
}

export function offsetsByPlace(offsets: readonly TopicPartitionOffset[]): Map<string, number> {
  return new Map(offsets.map((offset) => [placeKey(offset), offset.offset]))
}
