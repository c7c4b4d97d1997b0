/** `odradek topic delete`: asks first, unless `--yes`. */

import { Command } from 'commander'
import { requireTopics, withAdmin } from '../../session.ts'
import { confirm } from '../../confirm.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { say } from '../../output/output.ts'

export function deleteTopicsCommand(): Command {
  return addGlobalOptions(
    new Command('delete')
      .description('delete topics with all their records')
      .argument('<topic...>', 'names of the topics')
      .option('--yes', 'do not ask')
      .addHelpText('after', '\nExample:\n  $ odradek topic delete orders --yes'),
  ).action(async (names: string[], options: GlobalOptions & { readonly yes?: boolean }) => {
    await withAdmin(options, async (admin) => {
      await requireTopics(admin, names)
      if (options.yes !== true) await confirm(`Delete ${names.join(', ')} with all records`, 'nothing was deleted')
      await admin.deleteTopics(names)
    })
    say(`deleted ${names.join(', ')}`)
  })
}
