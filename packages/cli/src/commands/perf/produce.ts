/** `odradek perf produce`. */

import { Command, Option } from 'commander'
import { requireTopics, withKafka } from '../../session.ts'
import { integerFrom, positiveInteger } from '../../arguments.ts'
import { UsageError } from '../../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { makePayloads, readPayloads } from './payloads.ts'
import { PerfProduceRun } from './produce-run.ts'

interface PerfProduceOptions extends GlobalOptions {
  readonly records: number
  readonly recordSize: number
  readonly payloadFile?: string
  readonly payloadDelimiter: string
  readonly throughput: number
}

export function perfProduceCommand(): Command {
  return addGlobalOptions(
    new Command('produce')
      .description('send records as fast as they go, or at a rate')
      .argument('<topic>', 'where to; it must exist')
      .option('-n, --records <number>', 'how many', positiveInteger, 1_000_000)
      .option('-s, --record-size <bytes>', 'size of each value, random bytes', positiveInteger, 100)
      .addOption(new Option('--payload-file <file>', 'values from this file instead, in turn').conflicts('recordSize'))
      .option('--payload-delimiter <text>', 'what stands between the values of the file', '\\n')
      .option('-r, --throughput <records/s>', 'records a second; 0 or -1: as fast as they go', integerFrom(-1), 0)
      .addHelpText(
        'after',
        `
Examples:
  $ odradek perf produce load -n 1000000 -s 100 -X linger.ms=5 -X batch.size=65536
  $ odradek perf produce load -n 60000 -r 1000 -X linger.ms=0
  $ odradek perf produce load --payload-file orders.ndjson -X compression.type=zstd`,
      ),
  ).action(async (topic: string, options: PerfProduceOptions) => {
    if (options.payloadDelimiter === '') throw new UsageError('--payload-delimiter cannot be empty')
    const { records, recordSize, payloadFile, payloadDelimiter } = options
    const payloads = payloadFile === undefined ? makePayloads(recordSize) : readPayloads(payloadFile, payloadDelimiter)
    await withKafka(options, async (kafka, admin) => {
      await requireTopics(admin, [topic])
      const run = new PerfProduceRun(kafka.producer(), { topic, payloads, records, perSecond: Math.max(0, options.throughput) })
      await run.run()
      run.report()
    })
  })
}
