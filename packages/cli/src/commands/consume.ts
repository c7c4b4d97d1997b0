/** `odradek consume`: records to stdout, alone or as a member of a group. */

import { Command, Option } from 'commander'
import { nonNegativeInteger, positiveInteger } from '../arguments.ts'
import { requireTopics, withKafka } from '../session.ts'
import { UsageError } from '../errors.ts'
import { addGlobalOptions, collectKeyValue, type GlobalOptions } from '../global-options.ts'
import { parseStartPosition } from '../records/start-position.ts'
import { ConsumeRun } from './consume/run.ts'
import { createFilter, type FilterOptions } from './consume/filter.ts'
import { createRecordWriter } from './consume/record-writer.ts'

interface ConsumeOptions extends GlobalOptions, FilterOptions {
  readonly group?: string
  readonly from?: string
  readonly count?: number
  readonly exitAtEnd?: boolean
  readonly format?: string
  readonly isolation?: string
  readonly partition?: number
}

export function consumeCommand(): Command {
  return addGlobalOptions(
    new Command('consume')
      .description('print the records of topics, alone or as a member of a group')
      .argument('<topic...>', 'where from')
      .option('-g, --group <group>', 'join this group: start at its committed offsets, commit what has been printed')
      .option(
        '--from <position>',
        'earliest, latest, an offset, -N for the last N, an ISO time, or how long ago as PT5M; in a group, where nothing is committed (default: latest)',
      )
      .option('-n, --count <number>', 'stop after so many records', positiveInteger)
      .option('-e, --exit-at-end', 'stop at the ends that stood at the start')
      .option('-f, --format <format>', '%t topic %p partition %o offset %k key %v value %K %S lengths %T timestamp %h headers, \\n')
      .option('--filter-key <regexp>', 'only records whose key matches')
      .option('--filter-value <regexp>', 'only records whose value matches')
      .option('--filter-header <name=regexp>', 'only records with such a header; repeatable', collectKeyValue)
      .addOption(new Option('--isolation <level>', 'which transactional records are seen').choices(['read_uncommitted', 'read_committed']))
      .option('-p, --partition <number>', 'only this partition; not in a group', nonNegativeInteger)
      .addHelpText(
        'after',
        `
Examples:
  $ odradek consume orders --from earliest -e
  $ odradek consume orders -g billing --from earliest
  $ odradek consume orders --from -10 -e -f '%p:%o %k = %v\\n'
  $ odradek consume orders --from PT1H -e -o ndjson --filter-key '^o-7$'`,
      ),
  ).action(consume)
}

async function consume(topics: string[], options: ConsumeOptions): Promise<void> {
  if (options.group !== undefined && options.partition !== undefined) {
    throw new UsageError('in a group the partitions are assigned: leave out -p, or -g')
  }
  const from = options.from === undefined ? undefined : parseStartPosition(options.from, Date.now())
  const filter = createFilter(options)
  const writer = await createRecordWriter(options.output, options.format)
  await withKafka(options, async (kafka, admin) => {
    await requireTopics(admin, topics)
    const consumer = kafka.consumer({
      groupId: options.group,
      enableAutoCommit: false,
      allowAutoCreateTopics: false,
      ...(from === undefined ? {} : { autoOffsetReset: from.kind === 'earliest' ? 'earliest' : 'latest' }),
      ...(options.isolation === undefined
        ? {}
        : { isolationLevel: options.isolation === 'read_committed' ? 'read_committed' : 'read_uncommitted' }),
    })
    const run = new ConsumeRun(consumer, writer, {
      topics,
      from,
      filter,
      inGroup: options.group !== undefined,
      partition: options.partition,
      maxRecords: options.count ?? Number.POSITIVE_INFINITY,
      exitAtEnd: options.exitAtEnd === true,
    })
    await run.run()
  })
}
