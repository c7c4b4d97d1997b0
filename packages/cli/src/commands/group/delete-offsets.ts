/** `odradek group delete-offsets`: what a group has committed of topics that no member of it subscribes to. */

import { Command } from 'commander'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { CommandError } from '../../errors.ts'
import { say } from '../../output/output.ts'
import { collectTopicScope, type TopicScope } from '../../records/partition-list.ts'
import { requireGroups, withAdmin } from '../../session.ts'

interface DeleteOffsetsOptions extends GlobalOptions {
  readonly topic: readonly TopicScope[]
}

export function deleteGroupOffsetsCommand(): Command {
  return addGlobalOptions(
    new Command('delete-offsets')
      .description('delete what a group has committed of topics that it does not subscribe to')
      .argument('<group>', 'name of the group')
      .requiredOption('--topic <topic:partitions>', 'of this topic, or of orders:0,3; repeatable', collectTopicScope)
      .addHelpText('after', '\nExample:\n  $ odradek group delete-offsets billing --topic orders'),
  ).action(async (groupId: string, options: DeleteOffsetsOptions) => {
    const count = await withAdmin(options, async (admin) => {
      await requireGroups(admin, [groupId])
      const committed = await admin.listGroupOffsets(groupId)
      const partitions = committed.filter(({ topic, partition }) =>
        options.topic.some((scope) => scope.topic === topic && (scope.partitions?.includes(partition) ?? true)),
      )
      if (partitions.length === 0) {
        throw new CommandError(`group "${groupId}" has committed nothing of these. See what it has with: odradek group describe ${groupId}`)
      }
      await admin.deleteGroupOffsets(groupId, partitions)
      return partitions.length
    })
    say(`deleted the offsets of ${count} ${count === 1 ? 'partition' : 'partitions'} from group ${groupId}`)
  })
}
