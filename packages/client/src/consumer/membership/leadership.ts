/** What a member does while it leads: shares the partitions out, and sees to it that topics that change are shared out anew. */

import type { JoinGroupResponse, SyncGroupRequestAssignmentInput } from '@odradek/protocol'
import type { Cluster } from '../../cluster/cluster.ts'
import type { TopicsOfInterest } from '../../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../../config/consumer.ts'
import { ProtocolError } from '../../errors/kafka-error.ts'
import type { Assignor, AssignorTopics, RebalanceProtocol } from '../assignors/assignor.ts'
import { assignPartitions, decodeMembers, describeTopics, topicsOf } from './group-assignment.ts'

export interface LeadershipOptions {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly config: ConsumerValues
  readonly assignors: readonly Assignor[]
  readonly protocol: RebalanceProtocol
  readonly subscribed: () => readonly string[]
}

export class Leadership {
  readonly #options: LeadershipOptions
  /** The topics as they were shared out; undefined for a member that does not lead. */
  #assignedFrom: AssignorTopics | undefined

  constructor(options: LeadershipOptions) {
    this.#options = options
  }

  end(): void {
    this.#assignedFrom = undefined
  }

  /** Who gets what. Throws ProtocolError when that cannot be said. */
  async assign({ protocolName, members: joined }: JoinGroupResponse): Promise<SyncGroupRequestAssignmentInput[]> {
    const { assignors, topics, cluster, protocol } = this.#options
    const assignor = assignors.find((each) => each.protocolName === protocolName)
    if (assignor === undefined) throw new ProtocolError(`The group uses assignor '${protocolName}', which this member did not offer`)
    const members = decodeMembers(joined)
    const wanted = topicsOf(members)
    topics.replace(wanted)
    await topics.refresh()
    this.#assignedFrom = describeTopics(wanted, cluster.metadata)
    return assignPartitions(assignor, members, this.#assignedFrom, protocol)
  }

  /** A static leader that has come back leaves the assignment as it is (KIP-814). */
  async resume({ members }: JoinGroupResponse): Promise<void> {
    const { topics, subscribed, cluster } = this.#options
    const wanted = [...new Set([...subscribed(), ...topicsOf(decodeMembers(members))])]
    topics.replace(wanted)
    // What cannot be seen now is a change when it is.
    await topics.refresh().catch(() => undefined)
    this.#assignedFrom = describeTopics(wanted, cluster.metadata)
  }

  /** Topics have come, gone or grown, or moved to other racks, since they were shared out. */
  get isOutdated(): boolean {
    const { subscribed, cluster, config } = this.#options
    const from = this.#assignedFrom
    if (from === undefined) return false
    return !areSame(from, describeTopics([...subscribed(), ...from.keys()], cluster.metadata), config.clientRack !== '')
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
