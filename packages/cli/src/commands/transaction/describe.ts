/** `odradek transaction describe`: who writes under a transactional id, since when, and where to. */

import type { TransactionDescription } from '@odradek/client'
import { Command } from 'commander'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows } from '../../output/output.ts'
import { findNames, withAdmin } from '../../session.ts'

interface DescribedTransaction extends TransactionDescription {
  /** Null while none is open. */
  readonly openForMs: number | null
}

const columns: readonly (readonly [string, (row: DescribedTransaction) => Cell])[] = [
  ['TRANSACTIONAL-ID', (row) => row.transactionalId],
  ['COORDINATOR', (row) => row.coordinatorId],
  ['PRODUCER-ID', (row) => row.producerId],
  ['PRODUCER-EPOCH', (row) => row.producerEpoch],
  ['STATE', (row) => row.state],
  ['TIMEOUT-MS', (row) => row.timeoutMs],
  ['STARTED', (row) => (row.openForMs === null ? null : new Date(row.startTimestampMs).toISOString())],
  ['OPEN-FOR-MS', (row) => row.openForMs],
  ['PARTITIONS', (row) => row.partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(',') || null],
]

export function describeTransactionsCommand(): Command {
  return addGlobalOptions(
    new Command('describe')
      .description('who writes under a transactional id, since when, and where to')
      .argument('<id...>', 'transactional ids')
      .addHelpText('after', '\nExample:\n  $ odradek transaction describe payments-1 -o yaml'),
  ).action(async (transactionalIds: string[], options: GlobalOptions) => {
    const { described, missing } = await withAdmin(options, async (admin) => {
      const existing = (await admin.listTransactions()).map(({ transactionalId }) => transactionalId)
      const found = findNames(transactionalIds, existing, 'transactional id', 'List them with: odradek transaction list')
      return { described: await admin.describeTransactions(found.names), missing: found.missing }
    })
    const rows = described.map((transaction): DescribedTransaction => {
      const { startTimestampMs } = transaction
      return { ...transaction, openForMs: startTimestampMs < 0 ? null : Math.max(0, Date.now() - startTimestampMs) }
    })
    await printRows({ rows, columns }, options.output)
    if (missing !== undefined) throw missing
  })
}
