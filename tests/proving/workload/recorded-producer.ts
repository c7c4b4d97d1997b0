/** Our producer with every send in a history. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { HistoryRecorder } from '@odradek/history'
import { Kafka } from '@odradek/client'

export interface RecordedProducerOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly client: string
  readonly count: number
  readonly perSecond: number
  /** Kafka's names. */
  readonly config: Readonly<Record<string, string>>
}

const TICK_MS = 5

/** Sends `count` keyed records and resolves when all are settled, with the values that were acknowledged. */
export async function produceRecorded(recorder: HistoryRecorder, options: RecordedProducerOptions): Promise<Set<string>> {
  const { bootstrap, topic, client, count, perSecond, config } = options
  await using kafka = new Kafka({ bootstrapServers: bootstrap, clientId: client })
  const producer = kafka.producer({ properties: config })
  recorder.openProducer({ client, process: client, acks: 'all', idempotent: true })
  const acknowledged = new Set<string>()
  const fromMs = performance.now()
  for (let sent = 0; sent < count; await sleep(TICK_MS)) {
    const due = Math.min(count, Math.ceil(((performance.now() - fromMs) * perSecond) / 1000))
    for (; sent < due; sent++) {
      const value = `${client}:${sent}`
      const recording = recorder.send({ client, topic, value })
      producer.send({ topic, key: String(sent % 50), value }).then(
        ({ partition, offset }) => {
          acknowledged.add(value)
          recording.ok(partition, offset)
        },
        (error: unknown) => recording.info(error),
      )
    }
  }
  await producer.flush()
  recorder.close(client)
  return acknowledged
}
