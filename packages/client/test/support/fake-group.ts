/** A coordinator in memory for a group of one real member, who leads it. */

import type { JoinGroupResponseMemberInput } from '@odradek/protocol'
import { ErrorCodes, heartbeat, joinGroup, leaveGroup, offsetCommit, offsetFetch, syncGroup } from '@odradek/protocol'
import type { FakeCluster } from './fake-cluster.ts'

export class FakeGroup {
  /** By partition, of whatever topic. */
  readonly committed: Map<number, number> = new Map()
  /** What the next heartbeats answer; 0 when empty. */
  readonly heartbeats: number[] = []
  /** Members that nobody is behind. */
  readonly others: JoinGroupResponseMemberInput[] = []
  generation = 0

  constructor(cluster: FakeCluster) {
    cluster.on(joinGroup, ({ memberId, protocols }) => {
      if (memberId === '') return { errorCode: ErrorCodes.MEMBER_ID_REQUIRED, protocolName: null, leader: '', memberId: 'm1', members: [] }
      const [first] = protocols
      return {
        errorCode: 0,
        generationId: ++this.generation,
        protocolName: first?.name ?? '',
        protocolType: 'consumer',
        leader: 'm1',
        memberId: 'm1',
        members: [{ memberId: 'm1', metadata: first?.metadata ?? Buffer.alloc(0) }, ...this.others],
      }
    })
    cluster.on(syncGroup, ({ assignments }) => ({ errorCode: 0, assignment: assignments[0]?.assignment ?? Buffer.alloc(0) }))
    cluster.on(heartbeat, () => ({ errorCode: this.heartbeats.shift() ?? 0 }))
    cluster.on(leaveGroup, () => ({ errorCode: 0, members: [] }))
    cluster.on(offsetFetch, ({ groups }) => ({
      groups: groups.map(({ groupId, topics }) => ({
        groupId,
        topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            committedOffset: this.committed.get(partitionIndex) ?? -1,
            metadata: '',
            errorCode: 0,
          })),
        })),
      })),
    }))
    cluster.on(offsetCommit, ({ topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, committedOffset }) => {
          this.committed.set(partitionIndex, committedOffset)
          return { partitionIndex, errorCode: 0 }
        }),
      })),
    }))
  }
}
