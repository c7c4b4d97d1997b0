/** What a pipeline reads, and what has to be there once it has written. */

import assert from 'node:assert/strict'
import { type Kafka, string } from '@odradek/client'
import type { HistoryRecorder } from '@odradek/history'
import { nameOf } from '../../recorded/record-name.ts'
import type { ReadPartition } from '../workload/read-back.ts'

export interface PipelineTopics {
  readonly group: string
  readonly input: string
  readonly inputPartitions: number
  readonly output: string
  readonly outputPartitions: number
  readonly records: number
}

/** Creates the topics and fills the input. */
export async function writeInput(kafka: Kafka, recorder: HistoryRecorder, topics: PipelineTopics): Promise<void> {
  const { group, input, inputPartitions, output, outputPartitions, records } = topics
  await kafka.admin().createTopics([
    { topic: input, partitions: inputPartitions },
    { topic: output, partitions: outputPartitions },
  ])
  recorder.topic({ topic: input, partitions: inputPartitions })
  recorder.topic({ topic: output, partitions: outputPartitions })
  recorder.pipeline({ group, input, output })
  const client = 'writer'
  const producer = kafka.producer({ value: string })
  recorder.openProducer({ client, process: client, acks: 'all', idempotent: true })
  const sends = Array.from({ length: records }, async (_, number) => {
    const [value, partition] = [inputName(number), number % inputPartitions]
    const sending = recorder.send({ client, topic: input, partition, value })
    sending.ok(partition, (await producer.send({ topic: input, partition, value: `${value} ` })).offset)
  })
  await Promise.all(sends)
  recorder.close(client)
  await producer.close()
}

function inputName(number: number): string {
  return `in:${number}`
}

/** Throws AssertionError. What was copied names its input in its second word, or is the same. */
export function assertEachOnce(reader: string, found: readonly ReadPartition[], records: number): void {
  const times = new Map<string, number>()
  for (const value of found.flatMap(({ values }) => values)) {
    const [, input = nameOf(value)] = /^\S+ (\S+) /.exec(value) ?? []
    times.set(input, (times.get(input) ?? 0) + 1)
  }
  const wrong = Array.from({ length: records }, (_, number) => inputName(number)).filter((input) => times.get(input) !== 1)
  const told = wrong.slice(0, 5).map((input) => `${input} ${times.get(input) ?? 0} times`)
  assert.deepEqual(told, [], `${reader} found ${wrong.length} inputs missing or more than once`)
  assert.equal(times.size, records, `${reader} found what nobody has written`)
}
