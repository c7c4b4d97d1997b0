/** `odradek transaction producers`: the producers that the partitions of a topic remember. */

import type { ProducerDescription } from '@odradek/client'
import { Command } from 'commander'
import { nonNegativeInteger } from '../../arguments.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows } from '../../output/output.ts'
import { requirePartitions, requireTopics, withAdmin } from '../../session.ts'

interface ProducerRow extends ProducerDescription {
  readonly topic: string
  readonly partition: number
}

const known = (value: number): number | null => (value < 0 ? null : value)

const columns: readonly (readonly [string, (row: ProducerRow) => Cell])[] = [
  ['TOPIC', (row) => row.topic],
  ['PARTITION', (row) => row.partition],
  ['PRODUCER-ID', (row) => row.producerId],
  ['PRODUCER-EPOCH', (row) => row.producerEpoch],
  ['COORDINATOR-EPOCH', (row) => known(row.coordinatorEpoch)],
  ['LAST-SEQUENCE', (row) => known(row.lastSequence)],
  ['LAST-TIME', (row) => (row.lastTimestamp < 0 ? null : new Date(row.lastTimestamp).toISOString())],
  ['TRANSACTION-START', (row) => known(row.transactionStartOffset)],
]

export function describeProducersCommand(): Command {
  return addGlobalOptions(
    new Command('producers')
      .description('the producers that the partitions of a topic remember, and where their open transactions begin')
      .argument('<topic>', 'name of the topic')
      .option('-p, --partition <number>', 'of this partition only', nonNegativeInteger)
      .addHelpText('after', '\nExample:\n  $ odradek transaction producers payments'),
  ).action(async (topic: string, options: GlobalOptions & { readonly partition?: number }) => {
    const { partition: only } = options
    const described = await withAdmin(options, async (admin) => {
      await requireTopics(admin, [topic])
      if (only !== undefined) await requirePartitions(admin, [{ topic, partition: only }])
      const [found] = await admin.describeTopics([topic])
      return admin.describeProducers((found?.partitions ?? []).filter(({ partition }) => only === undefined || partition === only))
    })
    const rows = described.flatMap(({ partition, producers }) =>
      producers.map((producer): ProducerRow => ({ topic, partition, ...producer })),
    )
    await printRows({ rows, columns, whenEmpty: 'no producer is remembered here' }, options.output)
  })
}
