/** Under which producer epoch each record of a partition was written, and that a broker kept its promise of each: every sequence once, in order. */

import assert from 'node:assert/strict'
import { batchSizeAt, fetch, readBatchHeader } from '@odradek/protocol'
import { Connection } from '../../golden/groups/lab.ts'
import type { FoundPartition } from './read-back.ts'

const READ_BYTES = 50_000_000

export interface Leader {
  readonly host: string
  readonly port: number
}

/** By offset. Throws AssertionError when a producer's sequences in one of its epochs are not 0, 1, 2 and so on. */
export async function readEpochs(leader: Leader, topic: string, partition: number): Promise<readonly number[]> {
  const connection = await Connection.open(leader.host, leader.port, 'epochs')
  const epochs: number[] = []
  const nextSequence = new Map<string, number>()
  for (;;) {
    const wanted = { partition, fetchOffset: epochs.length, partitionMaxBytes: READ_BYTES }
    const sizes = { maxWaitMs: 0, minBytes: 0, maxBytes: READ_BYTES }
    const response = await connection.request(fetch, 12, { ...sizes, topics: [{ topic, partitions: [wanted] }], forgottenTopicsData: [] })
    const records = response.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
    if (records.length === 0) break
    for (let at = 0; at < records.length; at += batchSizeAt(records, at)) {
      const { producerId, producerEpoch, baseSequence, baseOffset, lastOffset } = readBatchHeader(records, at)
      const producer = `producer ${producerId}, epoch ${producerEpoch}`
      assert.equal(baseSequence, nextSequence.get(producer) ?? 0, `${topic}-${partition} at ${baseOffset}: ${producer}`)
      nextSequence.set(producer, baseSequence + lastOffset - baseOffset + 1)
      for (let offset = baseOffset; offset <= lastOffset; offset++) epochs.push(producerEpoch)
    }
  }
  await connection.close()
  return epochs
}

/**
 * Without the records that are there again under a later epoch, and how many those are. librdkafka, which bumps its epoch for all partitions
 * when one of them has a gap, numbers anew what may be in another's log already.
 */
export function withoutRenumbered({ partition, offsets, names }: FoundPartition, epochs: readonly number[]): [FoundPartition, number] {
  const last = new Map(names.map((name, index) => [name, epochs[offsets[index] ?? -1]]))
  const kept = names.flatMap((name, index) => (epochs[offsets[index] ?? -1] === last.get(name) ? [index] : []))
  const found = { partition, offsets: kept.map((index) => offsets[index] ?? -1), names: kept.map((index) => names[index] ?? '') }
  return [found, names.length - kept.length]
}
