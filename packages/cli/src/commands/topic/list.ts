/** `odradek topic list`. */

import { Command } from 'commander'
import { withAdmin } from '../../session.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { printRows } from '../../output/output.ts'

export function listTopicsCommand(): Command {
  return addGlobalOptions(
    new Command('list')
      .description('list the topics')
      .option('--internal', 'with the internal ones')
      .addHelpText('after', '\nExample:\n  $ odradek topic list -o json'),
  ).action(async (options: GlobalOptions & { readonly internal?: boolean }) => {
    const topics = await withAdmin(options, (admin) => admin.listTopics({ includeInternal: options.internal === true }))
    const rows = topics.toSorted((left, right) => (left.topic < right.topic ? -1 : 1))
    const columns = [
      ['TOPIC', (row: (typeof rows)[number]) => row.topic],
      ['PARTITIONS', (row: (typeof rows)[number]) => row.partitions],
    ] as const
    await printRows({ rows, columns, whenEmpty: 'no topics; create one with: odradek topic create orders -p 6' }, options.output)
  })
}
