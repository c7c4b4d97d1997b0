/** Changes what a group has committed, so that it can be undone. */

import type { Admin, TopicPartition } from '@odradek/client'
import { CommandError } from '../../../errors.ts'
import { placeOf } from './plan.ts'
import { saveReset, type SavedOffset } from './saved-reset.ts'

/** Throws CommandError while the group has members: they would overwrite what is changed. */
export async function requireNoMembers(admin: Admin, groupId: string): Promise<void> {
  const [group] = await admin.describeGroups([groupId])
  if (group === undefined || group.state === 'Empty' || group.state === 'Dead') return
  const members = `${group.members.length} ${group.members.length === 1 ? 'member' : 'members'}`
  throw new CommandError(
    `group "${groupId}" is ${group.state} with ${members}: stop its consumers first. See them with: odradek group describe ${groupId} --members`,
  )
}

/** What was committed is saved first. An offset of null: nothing is committed any more. */
export async function changeOffsets(
  admin: Admin,
  groupId: string,
  offsets: readonly (TopicPartition & { offset: number | null; metadata?: string; leaderEpoch?: number })[],
): Promise<void> {
  const { clusterId } = await admin.describeCluster()
  const committed = new Map((await admin.listGroupOffsets(groupId)).map((offset) => [placeOf(offset), offset]))
  const before = offsets.map(({ topic, partition }): SavedOffset => {
    const was = committed.get(placeOf({ topic, partition }))
    return { topic, partition, offset: was?.offset ?? null, metadata: was?.metadata ?? '', leaderEpoch: was?.leaderEpoch ?? -1 }
  })
  await saveReset({ group: groupId, clusterId, at: new Date().toISOString(), offsets: before })
  const set = offsets.flatMap(({ offset, ...rest }) => (offset === null ? [] : [{ ...rest, offset }]))
  const gone = offsets.filter(({ topic, partition, offset }) => offset === null && committed.has(placeOf({ topic, partition })))
  if (set.length > 0) await admin.alterGroupOffsets(groupId, set)
  if (gone.length > 0) await admin.deleteGroupOffsets(groupId, gone)
}
