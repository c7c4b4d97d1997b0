/**
 * What a consumer that is killed loses and repeats, tried: for each pattern and each point, one process reads two polls' worth of records and is
 * killed at the point in the second, another goes on; then the effects are counted.
 */

import { join } from 'node:path'
import { startBroker } from '@odradek/broker'
import { Kafka, string } from '@odradek/client'
import { temporaryDirectory } from '../interop/harness/paths.ts'
import { runProcess } from '../interop/harness/process.ts'
import { consume, type ConsumerTask, recordsAPoll } from './consumer-main.ts'
import { EffectStore } from './effect-store.ts'
import { patterns } from './patterns.ts'

export interface CrashResult {
  readonly pattern: string
  readonly killAt: string
  readonly lost: number
  readonly repeated: number
}

const values = Array.from({ length: 2 * recordsAPoll }, (_, index) => `record ${index}`)
const atOnce = 2

/** Kills at every point that `isWanted`, in the order of the patterns and their points. */
export async function crashEverywhere(isWanted: (pattern: string, point: string) => boolean = () => true): Promise<CrashResult[]> {
  await using directory = await temporaryDirectory('delivery')
  await using broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': '0' } })
  const { bootstrapServers } = broker
  await using kafka = new Kafka({ bootstrapServers })
  const producer = kafka.producer({ value: string })
  const results: (CrashResult | undefined)[] = []
  const cases = patterns.flatMap(({ name, points }, patternIndex) =>
    points.filter((point) => isWanted(name, point)).map((killAt) => ({ name, patternIndex, killAt })),
  )
  const next = cases.entries()
  const work = async (): Promise<void> => {
    for (const [index, { name, patternIndex, killAt }] of next) {
      const topic = `crash-${index}`
      await kafka.admin().createTopics([{ topic, partitions: 1 }])
      await producer.sendBatch(values.map((value) => ({ topic, value })))
      const effectsPath = join(directory.path, topic)
      const counts = await crashOnce({ bootstrapServers, topic, end: values.length, patternIndex, killAt, effectsPath })
      results[index] = { pattern: name, killAt, ...counts }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results.flatMap((result) => (result === undefined ? [] : [result]))
}

async function crashOnce(task: ConsumerTask): Promise<{ lost: number; repeated: number }> {
  const main = join(import.meta.dirname, 'consumer-main.js')
  const { code, stderr } = await runProcess(process.execPath, [main, JSON.stringify(task)], { timeoutMs: 60_000 })
  if (code !== null) throw new Error(`The consumer was not killed ${task.killAt}, it ended with ${code}: ${stderr}`)
  await consume({ ...task, killAt: undefined })
  const effects = new EffectStore(task.effectsPath).effects()
  const times = values.map((value) => effects.filter((effect) => effect === value).length)
  return { lost: times.filter((count) => count === 0).length, repeated: times.filter((count) => count > 1).length }
}

/** The table of the guide. */
export function crashTable(results: readonly CrashResult[]): string {
  return ['| The loop | killed … | lost | repeated |', '|---|---|---|---|', ...results.map(crashRow)].join('\n')
}

export function crashRow({ pattern, killAt, lost, repeated }: CrashResult): string {
  const count = (records: number): string => (records === 0 ? '–' : `**${records}**`)
  return `| ${pattern} | ${killAt} | ${count(lost)} | ${count(repeated)} |`
}
