/** `odradek group undo-reset`: back to what was committed before the last reset from this machine. */

import type { Admin } from '@odradek/client'
import { Command } from 'commander'
import { CommandError } from '../../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { type Cell, printRows, say } from '../../output/output.ts'
import { withAdmin } from '../../session.ts'
import { requireNoMembers, undoOffsets } from './reset/change-offsets.ts'
import { placeOf, planReset, sayClamped } from './reset/plan.ts'
import { loadReset, type SavedOffset } from './reset/saved-reset.ts'

interface UndoneRow {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly currentOffset: number | null
  readonly newOffset: number | null
  /** Null when nothing is committed any more. */
  readonly endOffset: number | null
  /** Where it was, if the partition does not have that any more. */
  readonly clampedFrom: number | null
}

const columns: readonly (readonly [string, (row: UndoneRow) => Cell])[] = [
  ['GROUP', (row) => row.group],
  ['TOPIC', (row) => row.topic],
  ['PARTITION', (row) => row.partition],
  ['CURRENT-OFFSET', (row) => row.currentOffset],
  ['NEW-OFFSET', (row) => row.newOffset],
  ['LOG-END-OFFSET', (row) => row.endOffset],
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
    const { rows, at } = await withAdmin(options, (admin) => undo(admin, groupId))
    await printRows({ rows, columns }, options.output)
    const isWhereItWas = rows.every(({ clampedFrom }) => clampedFrom === null)
    say(`group ${groupId} is ${isWhereItWas ? '' : 'as near as can be to '}where it was before the reset of ${at}`)
  })
}

async function undo(admin: Admin, groupId: string): Promise<{ rows: UndoneRow[]; at: string }> {
  const { clusterId } = await admin.describeCluster()
  const saved = await loadReset(clusterId, groupId)
  await requireNoMembers(admin, groupId)
  const offsets = await withoutGone(admin, saved.offsets)
  const wanted = offsets.flatMap(({ offset, ...rest }) => (offset === null ? [] : [{ ...rest, offset }]))
  const plan = await planReset(admin, groupId, wanted, { kind: 'offsets', offsets: wanted })
  sayClamped(plan)
  const planned = new Map(plan.map((row) => [placeOf(row), row]))
  const committed = new Map((await admin.listGroupOffsets(groupId)).map((offset) => [placeOf(offset), offset.offset]))
  const rows = offsets.map((saving): UndoneRow => {
    const { topic, partition } = saving
    const { newOffset = null, endOffset = null, clampedFrom = null } = planned.get(placeOf(saving)) ?? {}
    return { group: groupId, topic, partition, currentOffset: committed.get(placeOf(saving)) ?? null, newOffset, endOffset, clampedFrom }
  })
  await undoOffsets(
    admin,
    groupId,
    offsets.map((saving, index) => {
      const { newOffset = null, clampedFrom = null } = rows[index] ?? {}
      return { ...saving, offset: newOffset, leaderEpoch: clampedFrom === null ? saving.leaderEpoch : -1 }
    }),
  )
  return { rows, at: saved.at }
}

/** Of partitions that there are no more nothing can be committed. Throws CommandError when none is left. */
async function withoutGone(admin: Admin, offsets: readonly SavedOffset[]): Promise<SavedOffset[]> {
  const counts = new Map((await admin.listTopics({ includeInternal: true })).map(({ topic, partitions }) => [topic, partitions]))
  const left = offsets.filter(({ topic, partition }) => partition < (counts.get(topic) ?? 0))
  const gone = offsets.filter((offset) => !left.includes(offset)).map(({ topic, partition }) => `${topic}-${partition}`)
  if (left.length === 0) throw new CommandError(`there is nothing to undo: ${gone.join(', ')} no longer exist`)
  for (const place of gone) say(`${place} no longer exists: it is left out`)
  return left
}
