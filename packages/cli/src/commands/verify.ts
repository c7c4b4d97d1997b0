/** `odradek verify FILE`: judges the history of a run. */

import { Command } from 'commander'
import { positiveInteger } from '../arguments.ts'
import { addGlobalOptions } from '../global-options.ts'
import type { VerifyOptions } from './verify/run.ts'

export function verifyCommand(): Command {
  return addGlobalOptions(
    new Command('verify')
      .description('check a history of what clients did and saw for lost, doubled, disordered or untimely records, and more')
      .argument('[file]', 'the history, NDJSON; - or nothing reads stdin')
      .option('--stuck-after <ms>', 'how long a client may take over anything while no fault is under way', positiveInteger, 60_000)
      .option('--max <count>', 'violations shown of each rule', positiveInteger, 20)
      .option('--rules', 'list the rules instead')
      .addHelpText(
        'after',
        `
Exits with 0 when the history is clean, with 1 when a rule is broken or the history cannot be judged.

Examples:
  $ odradek verify run.ndjson
  $ odradek verify --stuck-after 30000 -o json run.ndjson
  $ odradek verify --rules`,
      ),
    ['table', 'json', 'ndjson'],
  ).action(async (file: string | undefined, options: VerifyOptions) => {
    const { listRules, verify } = await import('./verify/run.ts')
    await (options.rules === true ? listRules(options) : verify(file ?? '-', options))
  })
}
