/** What a topic holds, record by record, read after the fact. */

import { join } from 'node:path'
import { Kafka, string } from '@odradek/client'
import type { Isolation } from '@odradek/history'
import { runJava } from '../../interop/harness/java-program.ts'
import { runKcat } from '../../interop/harness/kcat.ts'
import { harnessDir } from '../../interop/harness/paths.ts'
import { nameOf } from '../../recorded/record-name.ts'

/** Of one partition, in the order of offsets. */
export interface FoundPartition {
  readonly partition: number
  readonly offsets: number[]
  readonly names: string[]
}

export interface ReadPartition extends FoundPartition {
  /** With all that follows the names. */
  readonly values: string[]
}

/** Reads with kcat, which shares no code with us. */
export async function readWithKcat(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  isolation: Isolation = 'read_uncommitted',
): Promise<ReadPartition[]> {
  const args = ['-b', bootstrapServers, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%p %o %s\n']
  const { code, stdout, stderr } = await runKcat([...args, '-X', `isolation.level=${isolation}`])
  if (code !== 0) throw new Error(`kcat ended with ${code}: ${stderr}`)
  return parse(stdout, partitions)
}

/** Reads with Java's consumer. */
export async function readWithJava(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  isolation: Isolation,
): Promise<ReadPartition[]> {
  const { code, stdout, stderr } = await runJava(join(harnessDir, 'java', 'ReadTopic.java'), [bootstrapServers, topic, isolation])
  if (code !== 0) throw new Error(`ReadTopic ended with ${code}: ${stderr}`)
  return parse(stdout, partitions)
}

/** Reads with our consumer. */
export async function readWithOdradek(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  isolation: Isolation = 'read_uncommitted',
): Promise<ReadPartition[]> {
  await using kafka = new Kafka({ bootstrapServers })
  const consumer = kafka.consumer({ value: string, autoOffsetReset: 'earliest', isolationLevel: isolation })
  const found = emptyPartitions(partitions)
  const all = found.map(({ partition }) => ({ topic, partition }))
  await consumer.assign(all)
  for (const end of await consumer.endOffsets(all)) {
    while ((await consumer.position(end)) < end.offset) {
      for (const { partition, offset, value } of await consumer.poll(1000)) add(found, partition, offset, value ?? '')
    }
  }
  return found
}

function parse(printed: string, partitions: number): ReadPartition[] {
  const found = emptyPartitions(partitions)
  for (const [, partition, offset, value = ''] of printed.matchAll(/^(\d+) (\d+) (.*)$/gm))
    add(found, Number(partition), Number(offset), value)
  return found
}

function emptyPartitions(count: number): ReadPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ partition, offsets: [], names: [], values: [] }))
}

function add(found: readonly ReadPartition[], partition: number, offset: number, value: string): void {
  const to = found[partition]
  if (to === undefined) throw new RangeError(`a record in partition ${partition}`)
  to.offsets.push(offset)
  to.names.push(nameOf(value))
  to.values.push(value)
}
