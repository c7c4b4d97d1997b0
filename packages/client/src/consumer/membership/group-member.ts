/** Drives the membership: sends what it asks for, and tells it what came back. */

import type { SyncGroupRequestAssignmentInput } from '@odradek/protocol'
import { ErrorCodes, heartbeat, joinGroup, leaveGroup, syncGroup } from '@odradek/protocol'
import type { Timer } from '@odradek/runtime'
import { backoffMs } from '../../cluster/backoff.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Coordinators } from '../../cluster/coordinators.ts'
import type { TopicsOfInterest } from '../../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../../config/consumer.ts'
import { ConnectionError, KafkaError, ProtocolError, TimeoutError } from '../../errors/kafka-error.ts'
import type { Logger } from '../../logger.ts'
import type { TopicPartition } from '../../topic-partition.ts'
import type { Assignment, Assignor, RebalanceProtocol } from '../assignors/assignor.ts'
import { commonProtocol } from '../assignors/built-in.ts'
import type { MembershipSend } from './classic-membership.ts'
import { ClassicMembership } from './classic-membership.ts'
import { decodeAssignment, encodeSubscription, named } from './group-assignment.ts'
import { explainIdleness } from './idleness.ts'
import { Leadership } from './leadership.ts'

const PROTOCOL_TYPE = 'consumer'
/** The coordinator answers a join at the latest when the rebalance timeout is over. */
const JOIN_GRACE_MS = 5000
/** Longest reason that Kafka's own client sends. */
const MAX_REASON_LENGTH = 255

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
  readonly logger: Logger
}

export class GroupMember {
  readonly membership: ClassicMembership
  readonly protocol: RebalanceProtocol
  /** What the group gave this member last. */
  assignment: Assignment = { partitions: [] }
  readonly #options: GroupMemberOptions
  readonly #leadership: Leadership
  #assignments: SyncGroupRequestAssignmentInput[] = []
  /** Generation in which it was last said that this member has nothing to do. */
  #idleGeneration = -1
  #timer: Timer | undefined
  #onDetached: (() => void)[] = []

  constructor(options: GroupMemberOptions) {
    this.#options = options
    this.protocol = commonProtocol(options.assignors)
    this.#leadership = new Leadership({ ...options, protocol: this.protocol })
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
    options.topics.onRefresh(() => this.#checkTopics())
  }

  /** Does what is due; to be called after every change to the membership. */
  step(): void {
    if (this.#options.cluster.isClosed) return
    const { state } = this.membership
    if (state === 'releasing' && this.#options.owned().length === 0) this.membership.released()
    if (this.membership.isOverdue(this.#now())) this.#warnOfExpulsion()
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

  /** Whether the assignment may be taken up now. */
  isStillGiven(): boolean {
    return this.membership.isStillGiven(this.#now())
  }

  /** Lets the assignor that the group has chosen know what its assignment is. */
  tellAssignor(): void {
    const { protocolName, generationId } = this.membership
    this.#options.assignors.find((assignor) => assignor.protocolName === protocolName)?.onAssignment?.(this.assignment, generationId)
  }

  /** Resolves when the group has been left, or cannot be told. */
  leave(reason: string): Promise<void> {
    this.membership.stop(reason)
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
    const { attempt } = this.membership
    const isCurrent = (): boolean => attempt === this.membership.attempt
    const requests: Record<MembershipSend, () => Promise<void>> = {
      'find-coordinator': () => this.#findCoordinator(),
      join: () => this.#join(isCurrent),
      sync: () => this.#sync(isCurrent),
      heartbeat: () => this.#heartbeat(isCurrent),
      leave: () => this.#leave(isCurrent),
    }
    requests[send]()
      .catch((error: unknown) => {
        if (send === 'find-coordinator' || isCurrent()) this.#onFailure(send, error)
      })
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

  async #join(isCurrent: () => boolean): Promise<void> {
    const { cluster, config, groupId, assignors } = this.#options
    const topics = this.#options.subscribed()
    const { memberId, generationId, rejoinReason } = this.membership
    const rackId = config.clientRack === '' ? null : config.clientRack
    const subscribing = { topics, owned: this.#options.owned(), generationId, rackId }
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
        protocols: assignors.map((assignor) => ({
          name: assignor.protocolName,
          metadata: encodeSubscription(subscribing, named(assignor, () => assignor.subscriptionUserData?.(topics)) ?? null),
        })),
        reason: rejoinReason.slice(0, MAX_REASON_LENGTH),
      },
      { channel: 'group', timeoutMs: Math.max(cluster.config.requestTimeoutMs, config.maxPollIntervalMs + JOIN_GRACE_MS) },
    )
    if (!isCurrent()) return
    this.#leadership.end()
    this.membership.onJoin(response, this.#now())
    this.#assignments = []
    if (this.membership.state === 'assigning') {
      const assignments = await this.#leadership.assign(response)
      if (!isCurrent()) return
      this.#assignments = assignments
      this.membership.assigned()
    } else if (this.membership.state === 'syncing' && response.skipAssignment) {
      await this.#leadership.resume(response)
    }
  }

  async #sync(isCurrent: () => boolean): Promise<void> {
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
    if (!isCurrent()) return
    if (response.errorCode === ErrorCodes.NONE) this.assignment = decodeAssignment(response.assignment)
    this.membership.onSync(response.errorCode, this.#now())
  }

  async #heartbeat(isCurrent: () => boolean): Promise<void> {
    const { cluster, config, groupId } = this.#options
    const { memberId, generationId } = this.membership
    const message = { groupId, generationId, memberId, groupInstanceId: config.groupInstanceId }
    // A broker that does not answer within the session is as good as gone.
    const timeoutMs = Math.min(cluster.config.requestTimeoutMs, config.sessionTimeoutMs)
    const response = await cluster.request(await this.#coordinator(), heartbeat, message, { channel: 'group', timeoutMs })
    if (!isCurrent()) return
    this.membership.onHeartbeat(response.errorCode, this.#now())
    if (response.errorCode !== ErrorCodes.NONE) return
    this.#warnOfIdleness()
    this.#checkOwners()
  }

  async #leave(isCurrent: () => boolean): Promise<void> {
    const { cluster, config, groupId } = this.#options
    const { memberId, leaveReason } = this.membership
    const members = [{ memberId, groupInstanceId: config.groupInstanceId, reason: leaveReason.slice(0, MAX_REASON_LENGTH) }]
    // Not over the group's connection: the broker may be holding back the answer to a join there.
    await cluster.request(await this.#coordinator(), leaveGroup, { groupId, members })
    if (isCurrent()) this.membership.onLeave()
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
  #checkTopics(): void {
    if (this.membership.state !== 'stable' || !this.#leadership.isOutdated) return
    this.membership.rejoin('cached metadata has changed')
    this.#options.onChange()
    this.step()
  }

  /** Whoever has been silent for a session is out of the group, which is a rebalance of its own. */
  #checkOwners(): void {
    const { membership } = this
    if (membership.state !== 'stable' || membership.generationAgeMs(this.#now()) < this.#options.config.sessionTimeoutMs) return
    this.#leadership
      .leavesUnowned()
      .then((leavesUnowned) => {
        if (!leavesUnowned || membership.state !== 'stable') return
        membership.rejoin('partitions are left without an owner')
        this.#options.onChange()
        this.step()
      })
      // The next heartbeat asks again.
      .catch(() => undefined)
  }

  /** While a rebalance goes on, having nothing may be for a moment only: by the time of a heartbeat that is answered well, it is not. */
  #warnOfIdleness(): void {
    const { membership, assignment, protocol } = this
    if (membership.state !== 'stable' || assignment.partitions.length > 0 || this.#idleGeneration === membership.generationId) return
    const { subscribed, cluster, config, groupId, logger } = this.#options
    const { heartbeatIntervalMs } = config
    const { reason, patienceMs } = explainIdleness(subscribed(), cluster.metadata, { protocol, heartbeatIntervalMs })
    if (membership.generationAgeMs(this.#now()) < patienceMs) return
    this.#idleGeneration = membership.generationId
    logger.warn(`Group '${groupId}' has no partition for this member (${membership.memberId}): it is idle. ${reason}`)
  }

  #warnOfExpulsion(): void {
    const { config, groupId } = this.#options
    const what = config.groupInstanceId === null ? 'leaves the group' : 'stops its heartbeats'
    this.#options.logger.warn(
      `Group '${groupId}': poll() was not called for max.poll.interval.ms (${config.maxPollIntervalMs} ms), so this member ${what} and its partitions go to others; the next poll() joins again. Raise max.poll.interval.ms, lower max.poll.records, or pause partitions and keep polling while you work`,
    )
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
