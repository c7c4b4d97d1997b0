/** The command tree. Each command is a file in `commands/`. */

import { Command } from 'commander'
import { brokerCommand } from './commands/broker.ts'
import { completeWordsCommand, completionCommand } from './commands/completion.ts'
import { consumeCommand } from './commands/consume.ts'
import { groupCommand } from './commands/group.ts'
import { logCommand } from './commands/log.ts'
import { perfCommand } from './commands/perf.ts'
import { produceCommand } from './commands/produce.ts'
import { topicCommand } from './commands/topic.ts'
import { transactionCommand } from './commands/transaction.ts'
import { verifyCommand } from './commands/verify.ts'
import { version } from './version.ts'

export function createProgram(): Command {
  const program = new Command('odradek')
    .description('Kafka for TypeScript: a durable broker, a command line and lag monitoring, speaking the Kafka protocol')
    .version(version)
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
Examples:
  $ odradek broker                                       a durable broker on 127.0.0.1:9092, web page on 127.0.0.1:9080
  $ odradek topic create orders -p 6
  $ echo 'o-1:{"amount":7}' | odradek produce orders --key-separator :
  $ odradek consume orders -g billing --from earliest -e
  $ odradek group describe billing`,
    )
  for (const command of [
    brokerCommand(),
    topicCommand(),
    produceCommand(),
    consumeCommand(),
    groupCommand(),
    transactionCommand(),
    perfCommand(),
    logCommand(),
    verifyCommand(),
    completionCommand(),
  ]) {
    program.addCommand(command)
  }
  program.addCommand(
    completeWordsCommand(() => program),
    { hidden: true },
  )
  applyToAll(program)
  return program
}

/** Sub-commands do not inherit these settings from their parent when they are made apart from it. */
function applyToAll(command: Command): void {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(asOneLine(text)) })
    .helpOption('-h, --help', 'what there is, with examples')
  for (const child of command.commands) applyToAll(child)
}

/** As every other error: one line, from whom, what, and what to do. */
function asOneLine(error: string): string {
  const what = error
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
  return `odradek: ${what}${/[.)?]$/.test(what) ? '' : ';'} --help shows what there is\n`
}
