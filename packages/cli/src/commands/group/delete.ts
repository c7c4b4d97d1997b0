/** `odradek group delete`: groups with all that they have committed. */

import { Command } from 'commander'
import { confirm } from '../../confirm.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { say } from '../../output/output.ts'
import { requireGroups, withAdmin } from '../../session.ts'
import { requireNoMembers } from './reset/change-offsets.ts'

export function deleteGroupsCommand(): Command {
  return addGlobalOptions(
    new Command('delete')
      .description('delete groups with all that they have committed')
      .argument('<group...>', 'names of the groups; they must have no members')
      .option('--yes', 'do not ask, on a terminal')
      .addHelpText('after', '\nExample:\n  $ odradek group delete billing'),
  ).action(async (groupIds: string[], options: GlobalOptions & { readonly yes?: boolean }) => {
    await withAdmin(options, async (admin) => {
      await requireGroups(admin, groupIds)
      for (const groupId of groupIds) await requireNoMembers(admin, groupId)
      // A script that says so means it, as with Kafka's own tool.
      const isAsked = options.yes !== true && process.stdin.isTTY
      if (isAsked) await confirm(`Delete ${groupIds.join(', ')} with all that was committed`, 'nothing was deleted')
      await admin.deleteGroups(groupIds)
    })
    say(`deleted ${groupIds.join(', ')}`)
  })
}
