/** `odradek group list`. */

import type { GroupListing } from '@odradek/client'
import { Command } from 'commander'
import { withAdmin } from '../../session.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows } from '../../output/output.ts'

export function listGroupsCommand(): Command {
  return addGlobalOptions(
    new Command('list').description('list the groups').addHelpText('after', '\nExample:\n  $ odradek group list -o json'),
  ).action(async (options: GlobalOptions) => {
    const groups = await withAdmin(options, (admin) => admin.listGroups())
    const rows = groups.toSorted((left, right) => (left.groupId < right.groupId ? -1 : 1))
    const columns: readonly (readonly [string, (row: GroupListing) => Cell])[] = [
      ['GROUP', (row) => row.groupId],
      ['TYPE', (row) => row.type],
      ['STATE', (row) => row.state],
    ]
    await printRows({ rows, columns, whenEmpty: 'no groups; join one with: odradek consume TOPIC -g NAME' }, options.output)
  })
}
