/** `odradek log`: looks into a partition's directory, without a broker. */

import { Command } from 'commander'
import { addOutputOptions, type OutputOptions } from '../global-options.ts'
import { positiveInteger } from '../arguments.ts'
import type { VerifyLogOptions } from './log/verify.ts'

export function logCommand(): Command {
  return new Command('log').description("look into a partition's directory, without a broker").addCommand(dump()).addCommand(verify())
}

function dump(): Command {
  return addOutputOptions(
    new Command('dump')
      .description('print the batches of a partition, a line each, as kafka-dump-log does')
      .argument('<dir>', "a partition's directory, such as odradek-data/orders-0")
      .addHelpText(
        'after',
        '\nExamples:\n  $ odradek log dump odradek-data/orders-0\n  $ odradek log dump odradek-data/orders-0 -o ndjson',
      ),
  ).action(async (directory: string, options: OutputOptions) => {
    const { dumpLog } = await import('./log/dump.ts')
    await dumpLog(directory, options)
  })
}

function verify(): Command {
  return addOutputOptions(
    new Command('verify')
      .description('check the batches, indexes and snapshots of a partition')
      .argument('<dir>', "a partition's directory, such as odradek-data/orders-0")
      .option('--max <count>', 'problems shown', positiveInteger, 100)
      .addHelpText(
        'after',
        `
Exits with 1 when something is wrong. While a broker writes to the directory its last batch may look cut short, and its indexes lag behind.

Examples:
  $ odradek log verify odradek-data/orders-0
  $ odradek log verify odradek-data/orders-0 -o json`,
      ),
  ).action(async (directory: string, options: VerifyLogOptions) => {
    const { verifyLog } = await import('./log/verify.ts')
    await verifyLog(directory, options)
  })
}
