/** `odradek produce`: stdin to records, a line each. */

import type { HeaderInput } from '@odradek/client'
import { Command } from 'commander'
import { requireTopics, withKafka } from '../session.ts'
import { nonNegativeInteger } from '../arguments.ts'
import { UsageError } from '../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../global-options.ts'
import type { LineOptions } from '../records/line-parser.ts'
import { collectHeader } from './produce/headers.ts'
import { ProduceRun } from './produce/run.ts'

interface ProduceOptions extends GlobalOptions {
  readonly keySeparator?: string
  readonly ndjson?: boolean
  readonly header?: readonly HeaderInput[]
  readonly nullValue?: string
  readonly partition?: number
}

export function produceCommand(): Command {
  return addGlobalOptions(
    new Command('produce')
      .description('send stdin, a record a line')
      .argument('<topic>', 'where to')
      .option('--key-separator <text>', 'what stands between key and value; without it records have no key')
      .option('--ndjson', 'lines are objects with key, value, headers, partition and timestamp, all optional')
      .option('--header <name=value>', 'header of every record; repeatable', collectHeader)
      .option('--null-value <text>', 'a key or value that reads so is null')
      .option('-p, --partition <number>', 'partition of records that name none', nonNegativeInteger)
      .addHelpText(
        'after',
        `
Examples:
  $ echo 'o-1:{"amount":7}' | odradek produce orders --key-separator :
  $ odradek produce orders --ndjson -X compression.type=zstd < orders.ndjson
  $ odradek consume orders -o ndjson --from earliest -e | odradek produce copy --ndjson`,
      ),
  ).action(produce)
}

async function produce(topic: string, options: ProduceOptions): Promise<void> {
  if (options.ndjson === true && options.keySeparator !== undefined) throw new UsageError('--ndjson and --key-separator exclude each other')
  if (options.keySeparator === '') throw new UsageError('--key-separator cannot be empty')
  await withKafka(options, async (kafka, admin) => {
    await requireTopics(admin, [topic])
    const run = new ProduceRun(kafka.producer(), lineOptions(topic, options))
    await run.readAll(process.stdin)
    run.report(topic)
  })
}

function lineOptions(topic: string, options: ProduceOptions): LineOptions {
  return {
    topic,
    headers: options.header ?? [],
    ndjson: options.ndjson === true,
    keySeparator: options.keySeparator,
    nullValue: options.nullValue,
    partition: options.partition,
  }
}
