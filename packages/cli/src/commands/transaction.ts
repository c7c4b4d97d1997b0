/** `odradek transaction`: list and describe transactions, find those that hang, end them. */

import { Command } from 'commander'
import { abortTransactionCommand } from './transaction/abort.ts'
import { describeTransactionsCommand } from './transaction/describe.ts'
import { findHangingCommand } from './transaction/find-hanging.ts'
import { listTransactionsCommand } from './transaction/list.ts'
import { describeProducersCommand } from './transaction/producers.ts'

export function transactionCommand(): Command {
  return new Command('transaction')
    .description('list and describe transactions, find those that hang, abort them')
    .addCommand(listTransactionsCommand())
    .addCommand(describeTransactionsCommand())
    .addCommand(describeProducersCommand())
    .addCommand(findHangingCommand())
    .addCommand(abortTransactionCommand())
}
