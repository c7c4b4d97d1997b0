/** Changes what a group has committed, so that it can be undone. */

import type { Admin, TopicPartition } from '@odradek/client'
import { CommandError } from '../../../errors.ts'
import { placeOf } from './plan.ts'
import { loadReset, removeReset, saveReset, type SavedOffset, type SavedReset } from './saved-reset.ts'

/** An offset of null: nothing is committed any more. */
export interface ChangedOffset extends TopicPartition {
  readonly offset: number | null
  readonly metadata?: string
  readonly leaderEpoch?: number
}

type GroupOffsets = Pick<Admin, 'describeCluster' | 'listGroupOffsets' | 'alterGroupOffsets' | 'deleteGroupOffsets'>

/** Throws CommandError while the group has members: they would overwrite what is changed. */
export async function requireNoMembers(admin: Admin, groupId: string): Promise<void> {
  const [group] = await admin.describeGroups([groupId])
  if (group === undefined || group.state === 'Empty' || group.state === 'Dead') return
  const members = `${group.members.length} ${group.members.length === 1 ? 'member' : 'members'}`
  throw new CommandError(
    `group "${groupId}" is ${group.state} with ${members}: stop its consumers first. See them with: odradek group describe ${groupId} --members`,
  )
}

/** What was committed is saved first: it can be undone even if this process is killed. A change that came to nothing leaves the one before it to be undone. */
export async function resetOffsets(admin: GroupOffsets, groupId: string, offsets: readonly ChangedOffset[]): Promise<void> {
  const before = await standing(admin, groupId, offsets)
  const undoable = await loadReset(before.clusterId, groupId).catch(() => undefined)
  await saveReset(before)
  try {
    await apply(admin, groupId, offsets)
  } catch (error) {
    if (await isUnchanged(admin, groupId, before)) await (undoable === undefined ? removeReset(before) : saveReset(undoable))
    throw error
  }
}

/** What was committed is saved last: an undo that fails can be tried again, and goes the same way. */
export async function undoOffsets(admin: GroupOffsets, groupId: string, offsets: readonly ChangedOffset[]): Promise<void> {
  const before = await standing(admin, groupId, offsets)
  await apply(admin, groupId, offsets)
  await saveReset(before)
}

async function standing(admin: GroupOffsets, groupId: string, partitions: readonly TopicPartition[]): Promise<SavedReset> {
  const { clusterId } = await admin.describeCluster()
  const committed = new Map((await admin.listGroupOffsets(groupId)).map((offset) => [placeOf(offset), offset]))
  const offsets = partitions.map(({ topic, partition }): SavedOffset => {
    const was = committed.get(placeOf({ topic, partition }))
    return { topic, partition, offset: was?.offset ?? null, metadata: was?.metadata ?? '', leaderEpoch: was?.leaderEpoch ?? -1 }
  })
  return { group: groupId, clusterId, at: new Date().toISOString(), offsets }
}

async function apply(admin: GroupOffsets, groupId: string, offsets: readonly ChangedOffset[]): Promise<void> {
  const set = offsets.flatMap(({ offset, ...rest }) => (offset === null ? [] : [{ ...rest, offset }]))
  const committed = new Set((await admin.listGroupOffsets(groupId)).map(placeOf))
  const gone = offsets.filter((changed) => changed.offset === null && committed.has(placeOf(changed)))
  if (set.length > 0) await admin.alterGroupOffsets(groupId, set)
  if (gone.length > 0) await admin.deleteGroupOffsets(groupId, gone)
}

/** False also when nobody says. */
async function isUnchanged(admin: GroupOffsets, groupId: string, before: SavedReset): Promise<boolean> {
  try {
    const { offsets } = await standing(admin, groupId, before.offsets)
    return offsets.every(({ offset }, index) => offset === before.offsets[index]?.offset)
  } catch {
    return false
  }
}
