/** What a topic holds, record by record, read after the fact. */

import { Kafka, string } from '@odradek/client'
import { runKcat } from '../../interop/harness/kcat.ts'
import { nameOf } from '../../recorded/record-name.ts'

/** Of one partition, in the order of offsets. */
export interface FoundPartition {
  readonly partition: number
  readonly offsets: number[]
  readonly names: string[]
}

/** Reads with kcat, which shares no code with us. */
export async function readWithKcat(bootstrapServers: string, topic: string, partitions: number): Promise<FoundPartition[]> {
  const args = ['-b', bootstrapServers, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%p %o %s\n']
  const { code, stdout, stderr } = await runKcat(args)
  if (code !== 0) throw new Error(`kcat ended with ${code}: ${stderr}`)
  const found = emptyPartitions(partitions)
  for (const [, partition, offset, value = ''] of stdout.matchAll(/^(\d+) (\d+) (.*)$/gm)) {
    add(found, Number(partition), Number(offset), value)
  }
  return found
}

/** Reads with our consumer. */
export async function readWithOdradek(bootstrapServers: string, topic: string, partitions: number): Promise<FoundPartition[]> {
  await using kafka = new Kafka({ bootstrapServers })
  const consumer = kafka.consumer({ value: string, autoOffsetReset: 'earliest' })
  const found = emptyPartitions(partitions)
  const all = found.map(({ partition }) => ({ topic, partition }))
  await consumer.assign(all)
  const ends = await consumer.endOffsets(all)
  const total = ends.reduce((sum, { offset }) => sum + offset, 0)
  let seen = 0
  while (seen < total) {
    for (const { partition, offset, value } of await consumer.poll(1000)) {
      seen += 1
      add(found, partition, offset, value ?? '')
    }
  }
  return found
}

function emptyPartitions(count: number): FoundPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ partition, offsets: [], names: [] }))
}

function add(found: readonly FoundPartition[], partition: number, offset: number, value: string): void {
  const to = found[partition]
  if (to === undefined) throw new RangeError(`a record in partition ${partition}`)
  to.offsets.push(offset)
  to.names.push(nameOf(value))
}
