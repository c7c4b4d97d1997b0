/** `odradek group undo-reset`: back to what was committed before the last reset from this machine. */

import { Command } from 'commander'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows, say } from '../../output/output.ts'
import { withAdmin } from '../../session.ts'
import { changeOffsets, requireNoMembers } from './reset/change-offsets.ts'
import { placeOf } from './reset/plan.ts'
import { loadReset } from './reset/saved-reset.ts'

interface UndoneRow {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly currentOffset: number | null
  readonly newOffset: number | null
}

const columns: readonly (readonly [string, (row: UndoneRow) => Cell])[] = [
  ['GROUP', (row) => row.group],
  ['TOPIC', (row) => row.topic],
  ['PARTITION', (row) => row.partition],
  ['CURRENT-OFFSET', (row) => row.currentOffset],
  ['NEW-OFFSET', (row) => row.newOffset],
]

export function undoResetCommand(): Command {
  return addGlobalOptions(
    new Command('undo-reset')
      .description('take a group back to where it was before its last reset from this machine')
      .argument('<group>', 'name of the group; it must have no members')
      .addHelpText(
        'after',
        `
A second undo-reset undoes the first. What was committed is kept in $XDG_STATE_HOME/odradek/resets (default ~/.local/state).

Example:
  $ odradek group undo-reset billing`,
      ),
  ).action(async (groupId: string, options: GlobalOptions) => {
    const { rows, at } = await withAdmin(options, async (admin) => {
      const { clusterId } = await admin.describeCluster()
      const saved = await loadReset(clusterId, groupId)
      await requireNoMembers(admin, groupId)
      const committed = new Map((await admin.listGroupOffsets(groupId)).map((offset) => [placeOf(offset), offset.offset]))
      await changeOffsets(admin, groupId, saved.offsets)
      const undone = saved.offsets.map((before): UndoneRow => {
        const { topic, partition, offset } = before
        return { group: groupId, topic, partition, currentOffset: committed.get(placeOf(before)) ?? null, newOffset: offset }
      })
      return { rows: undone, at: saved.at }
    })
    await printRows({ rows, columns }, options.output)
    say(`group ${groupId} is where it was before the reset of ${at}`)
  })
}
