/** A program that reads all partitions of a topic without a group, and seeks now and then. */

import { KafkaError, string } from '@odradek/client'
import type { ConsumerSettings, ReadersSpec } from '../scenario.ts'
import type { Life } from '../stage/program.ts'
import type { Stage } from '../stage/stage.ts'
import { fetched as fetchedBy } from '../../recorded/fetched.ts'
import { describe } from './producer.ts'

const DEFAULTS: ConsumerSettings = { requestTimeoutMs: 4000, defaultApiTimeoutMs: 8000, autoOffsetReset: 'earliest' }
const POLL_MS = 700

export function read(stage: Stage, spec: ReadersSpec): (life: Life) => Promise<void> {
  return async (life) => {
    const { history, random, name } = life
    const consumer = life.kafka.consumer({ key: string, value: string, ...DEFAULTS, ...spec.config })
    const isolation = spec.config?.isolationLevel ?? 'read_uncommitted'
    history.openConsumer({ client: name, process: name, isolation, reset: 'earliest' })
    const partitions = await eventually(life, async () => {
      const infos = await consumer.partitionsFor(spec.topic)
      const all = infos.map(({ topic, partition }) => ({ topic, partition }))
      await consumer.assign(all)
      return all
    })
    history.assigned({ client: name, partitions, manual: true })
    const reached = new Map<number, number>()
    let roundsToSeek = 1
    while (stage.phase !== 'closing') {
      if (--roundsToSeek <= 0 && stage.phase === 'weather') {
        roundsToSeek = 1 + random.int(10)
        const partition = partitions[random.int(partitions.length)]
        if (partition !== undefined) {
          const offset = random.int((reached.get(partition.partition) ?? 0) + 1)
          consumer.seek({ ...partition, offset })
          history.seek({ client: name, ...partition, offset })
        }
      }
      const polling = history.poll({ client: name })
      try {
        const fetched = fetchedBy(await consumer.poll(POLL_MS))
        polling.ok(fetched)
        for (const { partition, offsets } of fetched)
          reached.set(partition, Math.max(reached.get(partition) ?? 0, (offsets.at(-1) ?? -1) + 1))
      } catch (error) {
        polling.fail(error)
        if (!(error instanceof KafkaError) || !error.retriable) stage.violate('unexpected error', `poll of ${name}: ${describe(error)}`)
        await life.sleep(200)
      }
      await life.sleep(random.int(300))
    }
    history.close(name)
    await consumer.close()
  }
}

async function eventually<T>(life: Life, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      await life.sleep(500)
    }
  }
}
