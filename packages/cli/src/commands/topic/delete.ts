/** `odradek topic delete`: asks first, unless `--yes`. */

import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { requireTopics, withAdmin } from '../../session.ts'
import { CommandError, UsageError } from '../../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { say } from '../../output/output.ts'

export function deleteTopicsCommand(): Command {
  return addGlobalOptions(
    new Command('delete')
      .description('delete topics with all their records')
      .argument('<name...>', 'names of the topics')
      .option('--yes', 'do not ask')
      .addHelpText('after', '\nExample:\n  $ odradek topic delete orders --yes'),
  ).action(async (names: string[], options: GlobalOptions & { readonly yes?: boolean }) => {
    await withAdmin(options, async (admin) => {
      await requireTopics(admin, names)
      if (options.yes !== true) await confirm(names)
      await admin.deleteTopics(names)
    })
    say(`deleted ${names.join(', ')}`)
  })
}

async function confirm(names: readonly string[]): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('deleting needs --yes when nobody is there to be asked')
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question(`Delete ${names.join(', ')} with all records? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('nothing was deleted')
  } finally {
    prompt.close()
  }
}
