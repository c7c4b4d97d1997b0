/** `odradek transaction abort`: an abort marker for a transaction that hangs on a partition. */

import type { Admin, ProducerDescription } from '@odradek/client'
import { Command } from 'commander'
import { nonNegativeInteger } from '../../arguments.ts'
import { CommandError } from '../../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { say } from '../../output/output.ts'
import { transactionsOf, whyHanging } from './hanging.ts'
import { requirePartitions, requireTopics, withAdmin } from '../../session.ts'

interface AbortOptions extends GlobalOptions {
  readonly topic: string
  readonly partition: number
  readonly startOffset: number
  readonly force?: boolean
}

export function abortTransactionCommand(): Command {
  return addGlobalOptions(
    new Command('abort')
      .description('end a transaction that hangs on a partition, so that what is behind it can be read')
      .requiredOption('--topic <topic>', 'where it hangs')
      .requiredOption('-p, --partition <number>', 'where it hangs', nonNegativeInteger)
      .requiredOption('--start-offset <number>', 'where it begins, as find-hanging shows it', nonNegativeInteger)
      .option('--force', 'though its coordinator still runs it: its other partitions may yet be committed')
      .addHelpText(
        'after',
        `
It ends the transaction on this partition alone. One that its coordinator still runs is left to it, unless --force.

Example:
  $ odradek transaction abort --topic payments -p 0 --start-offset 1234`,
      ),
  ).action(async (options: AbortOptions) => {
    const { topic, partition } = options
    const producer = await withAdmin(options, async (admin) => {
      await requireTopics(admin, [topic])
      await requirePartitions(admin, [{ topic, partition }])
      const { producerId, producerEpoch, coordinatorEpoch } = await producerOf(admin, options)
      if (options.force !== true) await requireHanging(admin, options, producerId)
      await admin.abortTransaction({ topic, partition, producerId, producerEpoch, coordinatorEpoch })
      return producerId
    })
    say(`aborted the transaction of producer ${producer} on ${topic}-${partition}`)
  })
}

async function requireHanging(admin: Admin, { topic, partition }: AbortOptions, producerId: number): Promise<void> {
  const transaction = (await transactionsOf(admin, [producerId])).get(producerId)
  if (transaction === undefined || whyHanging({ topic, partition }, transaction) !== undefined) return
  const { transactionalId, state, timeoutMs } = transaction
  throw new CommandError(
    `this transaction of "${transactionalId}" does not hang: its coordinator has it as ${state}, and aborts it ${timeoutMs} ms after its begin. With --force it is aborted on ${topic}-${partition} alone`,
  )
}

async function producerOf(admin: Admin, { topic, partition, startOffset }: AbortOptions): Promise<ProducerDescription> {
  const [found] = await admin.describeProducers([{ topic, partition }])
  const producer = found?.producers.find(({ transactionStartOffset }) => transactionStartOffset === startOffset)
  if (producer !== undefined) return producer
  throw new CommandError(
    `no open transaction of ${topic}-${partition} begins at offset ${startOffset}. See where they do with: odradek transaction producers ${topic}`,
  )
}
