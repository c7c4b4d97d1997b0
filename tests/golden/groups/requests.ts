/** Short words for the requests of group members. */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  createTopics,
  ErrorCodes,
  findCoordinator,
  heartbeat,
  joinGroup,
  type JoinGroupRequestInput,
  type JoinGroupResponse,
  leaveGroup,
  listGroups,
  metadata,
  offsetCommit,
  syncGroup,
  type SyncGroupResponse,
} from '@odradek/protocol'
import type { Connection, Lab } from './lab.ts'

/** Version 0 of a consumer's subscription to the topic `orders`. */
export const subscription: Buffer = Buffer.from('0000000000010006' + Buffer.from('orders').toString('hex') + 'ffffffff', 'hex')
/** Version 0 of an assignment of `orders-0`. */
export const assignment: Buffer = Buffer.from(
  '0000000000010006' + Buffer.from('orders').toString('hex') + '0000000100000000ffffffff',
  'hex',
)

/** The topics `orders` (two partitions) and `bills`, and a coordinator that serves every group. Resolves to the id of `orders`. */
export async function prepare(lab: Lab, connection: Connection): Promise<string> {
  const topics = ['orders', 'bills'].map((name) => ({ name, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }))
  await connection.request(createTopics, 7, { topics })
  for (let left = 100; left > 0; left--) {
    const { coordinators } = await connection.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: ['any'] })
    // The list needs every partition of __consumer_offsets, the heartbeat that of this group.
    const { errorCode } = await connection.request(listGroups, 5, {})
    const beat = await connection.request(heartbeat, 4, { groupId: 'any', memberId: 'nobody', generationId: 0 })
    const isFound = coordinators[0]?.errorCode === ErrorCodes.NONE && beat.errorCode === ErrorCodes.UNKNOWN_MEMBER_ID
    if (isFound && errorCode === ErrorCodes.NONE) break
    await sleep(100)
  }
  const described = await connection.request(metadata, 12, { topics: [{ name: 'orders' }], allowAutoTopicCreation: false })
  const topicId = described.topics[0]?.topicId ?? ''
  lab.alias(topicId, 'ID OF ORDERS')
  return topicId
}

export class Member {
  memberId = ''
  generationId = -1
  readonly #lab: Lab
  readonly #connection: Connection
  readonly #name: string
  readonly #request: JoinGroupRequestInput

  private constructor(lab: Lab, connection: Connection, name: string, request: JoinGroupRequestInput) {
    this.#lab = lab
    this.#connection = connection
    this.#name = name
    this.#request = request
  }

  static async connect(lab: Lab, name: string, groupId: string, change: Partial<JoinGroupRequestInput> = {}): Promise<Member> {
    const protocols = [{ name: 'range', metadata: subscription }]
    const request = {
      groupId,
      memberId: '',
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols,
      ...change,
    }
    return new Member(lab, await lab.connect(name), name, request)
  }

  /** Joins with the id that it has; a new id is called by the member's name from then on. */
  async join(version = 9, change: Partial<JoinGroupRequestInput> = {}): Promise<JoinGroupResponse> {
    const response = await this.#connection.request(joinGroup, version, { ...this.#request, memberId: this.memberId, ...change })
    this.#lab.alias(response.memberId, `${this.#name}'s id`)
    if (response.memberId !== '') this.memberId = response.memberId
    this.generationId = response.generationId
    return response
  }

  async joinAndNote(what: string, version = 9, change: Partial<JoinGroupRequestInput> = {}): Promise<JoinGroupResponse> {
    const response = await this.join(version, change)
    this.#lab.note(`${what}: JoinGroup v${version} by ${this.#name}`, response)
    return response
  }

  sync(what: string, assignments: Record<string, Buffer> = {}, version = 5): Promise<SyncGroupResponse> {
    return this.#lab.ask(what, this.#connection, syncGroup, version, {
      ...this.#self(version >= 3),
      ...(version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}),
      assignments: Object.entries(assignments).map(([memberId, bytes]) => ({ memberId, assignment: bytes })),
    })
  }

  heartbeat(what: string, generationId: number = this.generationId, version = 4): Promise<unknown> {
    return this.#lab.ask(what, this.#connection, heartbeat, version, { ...this.#self(version >= 3), generationId })
  }

  leave(what: string, version = 5): Promise<unknown> {
    const { groupId, memberId, groupInstanceId } = this.#self(true)
    const members = [{ memberId, groupInstanceId }]
    return this.#lab.ask(what, this.#connection, leaveGroup, version, version < 3 ? { groupId, memberId } : { groupId, members })
  }

  commit(what: string, offset: number, generationId: number = this.generationId, version = 9): Promise<unknown> {
    const { groupId, memberId, groupInstanceId } = this.#self(version >= 7)
    return this.#lab.ask(what, this.#connection, offsetCommit, version, {
      groupId,
      memberId,
      groupInstanceId,
      generationIdOrMemberEpoch: generationId,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'note' }] }],
    })
  }

  #self(withInstance: boolean): { groupId: string; memberId: string; generationId: number; groupInstanceId: string | null } {
    const groupInstanceId = withInstance ? (this.#request.groupInstanceId ?? null) : null
    return { groupId: this.#request.groupId, memberId: this.memberId, generationId: this.generationId, groupInstanceId }
  }
}
