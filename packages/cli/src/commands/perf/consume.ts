/** `odradek perf consume`. */

import type { Kafka } from '@odradek/client'
import { Command } from 'commander'
import { requireTopics, withKafka } from '../../session.ts'
import { positiveInteger } from '../../arguments.ts'
import { CommandError } from '../../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { interruption } from '../../signals.ts'

interface PerfConsumeOptions extends GlobalOptions {
  readonly records: number
  readonly group?: string
  readonly timeoutMs: number
}

export function perfConsumeCommand(): Command {
  return addGlobalOptions(
    new Command('consume')
      .description('read records as fast as they come, from the beginning')
      .argument('<topic>', 'where from')
      .option('-n, --records <number>', 'how many', positiveInteger, 1_000_000)
      .option('-g, --group <name>', 'as a member of this group (default: a fresh one)')
      .option('--timeout-ms <ms>', 'longest wait for the next record', positiveInteger, 10_000)
      .addHelpText('after', '\nExample:\n  $ odradek perf consume load -n 1000000'),
  ).action(async (topic: string, options: PerfConsumeOptions) => {
    await withKafka(options, async (kafka, admin) => {
      await requireTopics(admin, [topic])
      const result = await measure(kafka, topic, options)
      process.stdout.write(`${header}\n${resultLine(result)}\n`)
      if (result.records < options.records)
        throw new CommandError(`only ${result.records} of ${options.records} records came before the time was up`)
    })
  })
}

const header =
  'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'

interface Measurement {
  readonly startedAt: Date
  readonly endedAt: Date
  readonly joinMs: number
  readonly bytes: number
  readonly records: number
}

async function measure(kafka: Kafka, topic: string, options: PerfConsumeOptions): Promise<Measurement> {
  const consumer = kafka.consumer({
    groupId: options.group ?? `odradek-perf-${process.pid}-${Date.now()}`,
    autoOffsetReset: 'earliest',
    allowAutoCreateTopics: false,
  })
  const interrupted = interruption(() => consumer.wakeup())
  const startedAt = new Date()
  let joinMs = 0
  let bytes = 0
  let records = 0
  let lastRecordMs = Date.now()
  await consumer.subscribe([topic], {
    onAssigned: () => {
      joinMs = Date.now() - startedAt.getTime()
    },
  })
  while (records < options.records && !interrupted.happened && Date.now() - lastRecordMs < options.timeoutMs) {
    const polled = await consumer.poll(100)
    if (polled.length === 0) continue
    lastRecordMs = Date.now()
    records += polled.length
    for (const record of polled) bytes += (record.valueBytes?.length ?? 0) + (record.keyBytes?.length ?? 0)
  }
  interrupted.dispose()
  return { startedAt, endedAt: new Date(records < options.records ? lastRecordMs : Date.now()), joinMs, bytes, records }
}

function resultLine({ startedAt, endedAt, joinMs, bytes, records }: Measurement): string {
  const totalMs = Math.max(1, endedAt.getTime() - startedAt.getTime())
  const fetchMs = Math.max(1, totalMs - joinMs)
  const megabytes = bytes / (1024 * 1024)
  const perSecond = (amount: number, elapsedMs: number): string => ((amount / elapsedMs) * 1000).toFixed(4)
  return [
    timeText(startedAt),
    timeText(endedAt),
    megabytes.toFixed(4),
    perSecond(megabytes, totalMs),
    records,
    perSecond(records, totalMs),
    joinMs,
    fetchMs,
    perSecond(megabytes, fetchMs),
    perSecond(records, fetchMs),
  ].join(', ')
}

/** Local time as `yyyy-MM-dd HH:mm:ss:SSS`, the default date format of Kafka's tool. */
function timeText(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}:${String(time.getMilliseconds()).padStart(3, '0')}`
}
