/** `odradek transaction find-hanging`: open transactions that nobody will end. */

import { Command } from 'commander'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows, say } from '../../output/output.ts'
import { parseDurationMs } from '../../records/start-position.ts'
import { requireTopics, withAdmin } from '../../session.ts'
import { findHanging, type HangingTransaction } from './hanging.ts'

interface FindOptions extends GlobalOptions {
  readonly topic?: readonly string[]
  readonly olderThan: string
}

const columns: readonly (readonly [string, (row: HangingTransaction) => Cell])[] = [
  ['TOPIC', (row) => row.topic],
  ['PARTITION', (row) => row.partition],
  ['PRODUCER-ID', (row) => row.producerId],
  ['PRODUCER-EPOCH', (row) => row.producerEpoch],
  ['START-OFFSET', (row) => row.transactionStartOffset],
  ['LAST-TIME', (row) => new Date(row.lastTimestamp).toISOString()],
  ['REASON', (row) => row.reason],
]

export function findHangingCommand(): Command {
  return addGlobalOptions(
    new Command('find-hanging')
      .description('find open transactions that no coordinator will end; they hold up who reads committed records')
      .option('--topic <topic...>', 'look at these topics (default: all, internal ones too)')
      .option('--older-than <duration>', "with nothing written for longer: the broker's transaction.max.timeout.ms", 'PT15M')
      .addHelpText(
        'after',
        `
Examples:
  $ odradek transaction find-hanging
  $ odradek transaction find-hanging --topic payments --older-than PT1M`,
      ),
  ).action(async (options: FindOptions) => {
    const olderThanMs = parseDurationMs(options.olderThan)
    const rows = await withAdmin(options, async (admin) => {
      if (options.topic !== undefined) await requireTopics(admin, options.topic)
      const topics = options.topic ?? (await admin.listTopics({ includeInternal: true })).map(({ topic }) => topic)
      const partitions = (await admin.describeTopics(topics)).flatMap((topic) => topic.partitions.filter(({ leader }) => leader >= 0))
      return findHanging(admin, partitions, olderThanMs, Date.now())
    })
    await printRows({ rows, columns, whenEmpty: 'no transaction hangs' }, options.output)
    const [first] = rows
    if (first !== undefined) {
      say(
        `end one with: odradek transaction abort --topic ${first.topic} -p ${first.partition} --start-offset ${first.transactionStartOffset}`,
      )
    }
  })
}
