/** What a member does while it leads: shares the partitions out, and sees to it that topics that change, and partitions without an owner, are shared out anew. */

import type { JoinGroupResponse, SyncGroupRequestAssignmentInput } from '@odradek/protocol'
import { describeGroups } from '@odradek/protocol'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Coordinators } from '../../cluster/coordinators.ts'
import type { TopicsOfInterest } from '../../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../../config/consumer.ts'
import { ProtocolError } from '../../errors/kafka-error.ts'
import type { Assignor, AssignorTopics, RebalanceProtocol } from '../assignors/assignor.ts'
import { assignPartitions, decodeAssignment, decodeMembers, describeTopics, topicsOf } from './group-assignment.ts'

export interface LeadershipOptions {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly coordinators: Coordinators
  readonly groupId: string
  readonly config: ConsumerValues
  readonly assignors: readonly Assignor[]
  readonly protocol: RebalanceProtocol
  readonly subscribed: () => readonly string[]
}

/** A member that has just subscribed, or that joins because topics have changed, has only just looked. */
const FRESH_MS = 1000

export class Leadership {
  readonly #options: LeadershipOptions
  /** The topics as they were shared out; undefined for a member that does not lead. */
  #assignedFrom: AssignorTopics | undefined
  /**
   * A partition that moves under cooperative-sticky is shared out by the rebalance that its old owner asks for. A static member that is
   * restarted in between has nothing to let go of, and is given its place back without a rebalance (KIP-345): nobody asks.
   */
  #mayLeaveUnowned = false

  constructor(options: LeadershipOptions) {
    this.#options = options
  }

  end(): void {
    this.#assignedFrom = undefined
    this.#mayLeaveUnowned = false
  }

  /** Who gets what. Throws ProtocolError when that cannot be said. */
  async assign({ protocolName, members: joined }: JoinGroupResponse): Promise<SyncGroupRequestAssignmentInput[]> {
    const { assignors, topics, cluster, protocol } = this.#options
    const assignor = assignors.find((each) => each.protocolName === protocolName)
    if (assignor === undefined) throw new ProtocolError(`The group uses assignor '${protocolName}', which this member did not offer`)
    const members = decodeMembers(joined)
    const wanted = topicsOf(members)
    topics.replace(wanted)
    if (!topics.areFresh(wanted, FRESH_MS)) await topics.refresh()
    this.#assignedFrom = describeTopics(wanted, cluster.metadata)
    this.#mayLeaveUnowned = this.#isCooperative(protocolName) && members.some(({ groupInstanceId }) => groupInstanceId !== null)
    return assignPartitions(assignor, members, this.#assignedFrom, protocol)
  }

  /** A static leader that has come back leaves the assignment as it is (KIP-814). */
  async resume({ protocolName, members }: JoinGroupResponse): Promise<void> {
    const { topics, subscribed, cluster } = this.#options
    const wanted = [...new Set([...subscribed(), ...topicsOf(decodeMembers(members))])]
    topics.replace(wanted)
    // What cannot be seen now is a change when it is.
    await topics.refresh().catch(() => undefined)
    this.#assignedFrom = describeTopics(wanted, cluster.metadata)
    this.#mayLeaveUnowned = this.#isCooperative(protocolName)
  }

  /** Whether this generation leaves partitions without an owner; asked of the coordinator once, when others have had time to let go. */
  async leavesUnowned(): Promise<boolean> {
    const { cluster, coordinators, groupId } = this.#options
    const from = this.#assignedFrom
    if (from === undefined || !this.#mayLeaveUnowned) return false
    this.#mayLeaveUnowned = false
    try {
      const { groups } = await cluster.request(await coordinators.group(groupId), describeGroups, { groups: [groupId] })
      const [group] = groups
      if (this.#assignedFrom !== from || group?.groupState !== 'Stable') return false
      const owned = group.members.reduce((sum, { memberAssignment }) => sum + decodeAssignment(memberAssignment).partitions.length, 0)
      return owned < [...from.values()].reduce((sum, partitions) => sum + partitions.length, 0)
    } catch (error) {
      this.#mayLeaveUnowned = this.#assignedFrom === from
      throw error
    }
  }

  /** Topics have come, gone or grown, or moved to other racks, since they were shared out. */
  get isOutdated(): boolean {
    const { subscribed, cluster, config } = this.#options
    const from = this.#assignedFrom
    if (from === undefined) return false
    return !areSame(from, describeTopics([...subscribed(), ...from.keys()], cluster.metadata), config.clientRack !== '')
  }

  /** An assignor of one's own may leave partitions out for good. */
  #isCooperative(protocolName: string | null): boolean {
    return this.#options.protocol === 'cooperative' && protocolName === 'cooperative-sticky'
  }
}

function areSame(left: AssignorTopics, right: AssignorTopics, withRacks: boolean): boolean {
  if (left.size !== right.size) return false
  return [...left].every(([topic, racks]) => {
    const others = right.get(topic)
    if (others === undefined || others.length !== racks.length) return false
    return !withRacks || racks.every((each, partition) => each.join() === others[partition]?.join())
  })
}
