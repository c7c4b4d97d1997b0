/** `odradek transaction list`. */

import type { TransactionFilter, TransactionListing } from '@odradek/client'
import { transactionStates } from '@odradek/protocol'
import { Command, Option } from 'commander'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows } from '../../output/output.ts'
import { parseDurationMs } from '../../records/start-position.ts'
import { withAdmin } from '../../session.ts'

interface ListOptions extends GlobalOptions {
  readonly state?: TransactionFilter['states']
  readonly longerThan?: string
  readonly pattern?: string
}

const columns: readonly (readonly [string, (row: TransactionListing) => Cell])[] = [
  ['TRANSACTIONAL-ID', (row) => row.transactionalId],
  ['COORDINATOR', (row) => row.coordinatorId],
  ['PRODUCER-ID', (row) => row.producerId],
  ['STATE', (row) => row.state],
]

export function listTransactionsCommand(): Command {
  return addGlobalOptions(
    new Command('list')
      .description('list the transactional ids and the states of their transactions')
      .addOption(new Option('--state <state...>', 'only in these states').choices(transactionStates))
      .option('--longer-than <duration>', 'only transactions open for longer, as PT5M')
      .option('--pattern <regexp>', 'only ids that match as a whole, RE2')
      .addHelpText('after', '\nExamples:\n  $ odradek transaction list\n  $ odradek transaction list --state Ongoing --longer-than PT5M'),
  ).action(async (options: ListOptions) => {
    const filter: TransactionFilter = {
      states: options.state,
      runningLongerThanMs: options.longerThan === undefined ? undefined : parseDurationMs(options.longerThan),
      transactionalIdPattern: options.pattern,
    }
    const rows = await withAdmin(options, (admin) => admin.listTransactions(filter))
    await printRows({ rows, columns, whenEmpty: 'no transactions' }, options.output)
  })
}
