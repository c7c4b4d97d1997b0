/** Drives the membership: sends what it asks for, tells it what came back, and keeps the leader's part. */

import type { JoinGroupResponse, SyncGroupRequestAssignmentInput } from '@odradek/protocol'
import { ErrorCodes, heartbeat, joinGroup, leaveGroup, syncGroup } from '@odradek/protocol'
import type { Timer } from '@odradek/runtime'
import { backoffMs } from '../../cluster/backoff.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Coordinators } from '../../cluster/coordinators.ts'
import type { TopicsOfInterest } from '../../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../../config/consumer.ts'
import { ConnectionError, KafkaError, ProtocolError, TimeoutError } from '../../errors/kafka-error.ts'
import type { TopicPartition } from '../../topic-partition.ts'
import type { Assignor } from '../assignors/assignor.ts'
import type { MembershipSend } from './classic-membership.ts'
import { ClassicMembership } from './classic-membership.ts'
import { assignPartitions, decodeAssignment, decodeMembers, encodeSubscription, topicsOf } from './group-assignment.ts'

const PROTOCOL_TYPE = 'consumer'
/** The coordinator answers a join at the latest when the rebalance timeout is over. */
const JOIN_GRACE_MS = 5000

export interface GroupMemberOptions {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly coordinators: Coordinators
  readonly config: ConsumerValues
  readonly groupId: string
  readonly assignors: readonly Assignor[]
  /** Topics subscribed to now. */
  readonly subscribed: () => readonly string[]
  readonly owned: () => readonly TopicPartition[]
  /** The application is needed, or the membership has failed. */
  readonly onChange: () => void
}

export class GroupMember {
  readonly membership: ClassicMembership
  /** What the group gave this member, in the state 'adopting'. */
  assignment: readonly TopicPartition[] = []
  readonly #options: GroupMemberOptions
  #assignments: SyncGroupRequestAssignmentInput[] = []
  /** Partition counts that the assignment of this leader was made from. */
  #assignedFrom: ReadonlyMap<string, number> | undefined
  #timer: Timer | undefined
  #onDetached: (() => void)[] = []

  constructor(options: GroupMemberOptions) {
    this.#options = options
    const { cluster, config, groupId } = options
    const { retryBackoffMs, retryBackoffMaxMs } = cluster.config
    this.membership = new ClassicMembership({
      groupId,
      groupInstanceId: config.groupInstanceId,
      sessionTimeoutMs: config.sessionTimeoutMs,
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      maxPollIntervalMs: config.maxPollIntervalMs,
      backoffMs: (failures) => backoffMs(retryBackoffMs, retryBackoffMaxMs, failures, cluster.runtime.random),
    })
    options.topics.onRefresh(() => this.#checkPartitionCounts())
  }

  /** Does what is due; to be called after every change to the membership. */
  step(): void {
    if (this.#options.cluster.isClosed) return
    const { state } = this.membership
    const { send, wakeAtMs } = this.membership.poll(this.#now())
    if (send !== undefined) this.#send(send)
    this.#timer?.cancel()
    this.#timer = undefined
    if (wakeAtMs !== Number.POSITIVE_INFINITY) {
      this.#timer = this.#options.cluster.runtime.clock.setTimer(Math.max(0, wakeAtMs - this.#now()), () => this.step(), true)
    }
    if (this.membership.state !== state) this.#options.onChange()
    if (this.membership.state === 'detached') this.#notifyDetached()
  }

  /** Resolves when the group has been left, or cannot be told. */
  leave(): Promise<void> {
    this.membership.stop()
    if (this.membership.state === 'detached') {
      this.step()
      return Promise.resolve()
    }
    const left = new Promise<void>((resolve) => {
      this.#onDetached.push(resolve)
    })
    this.step()
    return left
  }

  close(): void {
    this.#timer?.cancel()
    this.#notifyDetached()
  }

  #send(send: MembershipSend): void {
    const requests: Record<MembershipSend, () => Promise<void>> = {
      'find-coordinator': () => this.#findCoordinator(),
      join: () => this.#join(),
      sync: () => this.#sync(),
      heartbeat: () => this.#heartbeat(),
      leave: () => this.#leave(),
    }
    requests[send]()
      .catch((error: unknown) => this.#onFailure(send, error))
      .finally(() => {
        this.#options.onChange()
        this.step()
      })
  }

  async #findCoordinator(): Promise<void> {
    const { coordinators, groupId, cluster } = this.#options
    coordinators.forget(groupId)
    const nodeId = await coordinators.group(groupId)
    await cluster.connectionTo(nodeId, 'group')
    this.membership.onCoordinator()
  }

  async #join(): Promise<void> {
    const { cluster, config, groupId, assignors } = this.#options
    const owned = this.#options.owned()
    const topics = this.#options.subscribed()
    const { memberId, generationId } = this.membership
    const response = await cluster.request(
      await this.#coordinator(),
      joinGroup,
      {
        groupId,
        sessionTimeoutMs: config.sessionTimeoutMs,
        rebalanceTimeoutMs: config.maxPollIntervalMs,
        memberId,
        groupInstanceId: config.groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocols: assignors.map(({ protocolName, userData }) => ({
          name: protocolName,
          metadata: encodeSubscription(topics, owned, generationId, userData?.(topics) ?? null),
        })),
      },
      { channel: 'group', timeoutMs: Math.max(cluster.config.requestTimeoutMs, config.maxPollIntervalMs + JOIN_GRACE_MS) },
    )
    this.#assignedFrom = undefined
    this.membership.onJoin(response, this.#now())
    if (this.membership.state === 'assigning') return this.#assign(response)
    this.#assignments = []
    if (this.membership.state === 'syncing' && response.skipAssignment) await this.#keepWatch(response)
  }

  /** A static leader that has come back leaves the assignment as it is (KIP-814), but sees to it that topics that grow are shared out. */
  async #keepWatch(response: JoinGroupResponse): Promise<void> {
    const wanted = [...new Set([...this.#options.subscribed(), ...topicsOf(decodeMembers(response.members))])]
    this.#options.topics.replace(wanted)
    // What cannot be seen now is a change when it is.
    await this.#options.topics.refresh().catch(() => undefined)
    this.#assignedFrom = this.#partitionCounts(wanted)
  }

  async #assign(response: JoinGroupResponse): Promise<void> {
    const { assignors, topics, cluster } = this.#options
    const assignor = assignors.find(({ protocolName }) => protocolName === response.protocolName)
    if (assignor === undefined)
      throw new ProtocolError(`The group uses assignor '${response.protocolName}', which this member did not offer`)
    const members = decodeMembers(response.members)
    const wanted = topicsOf(members)
    topics.replace(wanted)
    await topics.refresh()
    const counts = this.#partitionCounts(wanted)
    this.#assignments = assignPartitions(assignor, members, counts)
    this.#assignedFrom = counts
    this.membership.assigned()
    if (cluster.isClosed) this.close()
  }

  async #sync(): Promise<void> {
    const { cluster, config, groupId } = this.#options
    const { memberId, generationId, protocolName } = this.membership
    const response = await cluster.request(
      await this.#coordinator(),
      syncGroup,
      {
        groupId,
        generationId,
        memberId,
        groupInstanceId: config.groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocolName,
        assignments: this.#assignments,
      },
      { channel: 'group', timeoutMs: Math.max(cluster.config.requestTimeoutMs, config.maxPollIntervalMs + JOIN_GRACE_MS) },
    )
    if (response.errorCode === ErrorCodes.NONE) this.assignment = decodeAssignment(response.assignment)
    this.membership.onSync(response.errorCode, this.#now())
  }

  async #heartbeat(): Promise<void> {
    const { cluster, config, groupId } = this.#options
    const { memberId, generationId } = this.membership
    const message = { groupId, generationId, memberId, groupInstanceId: config.groupInstanceId }
    // A broker that does not answer within the session is as good as gone.
    const timeoutMs = Math.min(cluster.config.requestTimeoutMs, config.sessionTimeoutMs)
    const response = await cluster.request(await this.#coordinator(), heartbeat, message, { channel: 'group', timeoutMs })
    this.membership.onHeartbeat(response.errorCode, this.#now())
  }

  async #leave(): Promise<void> {
    const { cluster, config, groupId } = this.#options
    const members = [{ memberId: this.membership.memberId, groupInstanceId: config.groupInstanceId, reason: 'the consumer leaves' }]
    // Not over the group's connection: the broker may be holding back the answer to a join there.
    await cluster.request(await this.#coordinator(), leaveGroup, { groupId, members })
    this.membership.onLeave()
  }

  #coordinator(): Promise<number> {
    return this.#options.coordinators.group(this.#options.groupId)
  }

  #onFailure(send: MembershipSend, error: unknown): void {
    const problem = error instanceof KafkaError ? error : new ProtocolError(`Cannot ${send}: ${String(error)}`, { cause: error })
    if (send === 'find-coordinator' || !problem.retriable) {
      this.membership.onCoordinatorFailure(problem, this.#now())
      return
    }
    if (problem instanceof ConnectionError || problem instanceof TimeoutError) this.#options.coordinators.forget(this.#options.groupId)
    this.membership.onDisconnect(send, this.#now())
  }

  /** Only the leader looks: when a topic has grown, everybody has to be given partitions anew. */
  #checkPartitionCounts(): void {
    const from = this.#assignedFrom
    if (from === undefined || this.membership.state !== 'stable') return
    const now = this.#partitionCounts([...this.#options.subscribed(), ...from.keys()])
    const isSame = [...now].every(([topic, count]) => from.get(topic) === count) && [...from.keys()].every((topic) => now.has(topic))
    if (isSame) return
    this.membership.rejoin()
    this.#options.onChange()
    this.step()
  }

  #partitionCounts(topics: readonly string[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const topic of topics) {
      const count = this.#options.cluster.metadata.topic(topic)?.partitions.length ?? 0
      if (count > 0) counts.set(topic, count)
    }
    return counts
  }

  #notifyDetached(): void {
    const waiting = this.#onDetached
    this.#onDetached = []
    for (const resolve of waiting) resolve()
  }

  #now(): number {
    return this.#options.cluster.nowMs()
  }
}
