/** Administration of groups: which there are, who is in them, and deleting them. */

import { consumerProtocolAssignment, deleteGroups, describeGroups, ErrorCodes, listGroups } from '@odradek/protocol'
import type { DescribeGroupsResponseDescribedGroup, DescribeGroupsResponseDescribedGroupMember } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Coordinators } from '../cluster/coordinators.ts'
import { retryUntil } from '../cluster/retry.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { ProtocolError } from '../errors/kafka-error.ts'
import type { Outcome } from './per-resource.ts'
import { forEachResource } from './per-resource.ts'
import type { GroupDescription, GroupListing, GroupMemberDescription, GroupState, NodeInfo } from './types.ts'

const CONSUMER_PROTOCOL = 'consumer'

export class GroupAdmin {
  readonly #cluster: Cluster
  readonly #coordinators: Coordinators
  readonly #timeoutMs: number

  constructor(cluster: Cluster, coordinators: Coordinators, timeoutMs: number) {
    this.#cluster = cluster
    this.#coordinators = coordinators
    this.#timeoutMs = timeoutMs
  }

  async list(): Promise<GroupListing[]> {
    const answers = await retryUntil(this.#cluster, this.#deadlineMs(), 'listGroups', async () => {
      await this.#cluster.fetchMetadata([], false)
      return Promise.all([...this.#cluster.metadata.nodes.keys()].map((nodeId) => this.#listOf(nodeId)))
    })
    const byId = new Map(answers.flat().map((group) => [group.groupId, group]))
    return [...byId.values()].sort((left, right) => (left.groupId < right.groupId ? -1 : 1))
  }

  describe(groupIds: readonly string[]): Promise<GroupDescription[]> {
    const describeOne = async (groupId: string): Promise<GroupDescription> => {
      const nodeId = await this.#coordinators.group(groupId)
      const response = await this.#cluster.request(nodeId, describeGroups, { groups: [groupId] })
      const group = response.groups[0]
      if (group === undefined) throw new ProtocolError(`The broker's answer leaves out group '${groupId}'`)
      // Since KIP-1043 a group that does not exist is an error of its own.
      if (group.errorCode !== ErrorCodes.GROUP_ID_NOT_FOUND) this.#check(groupId, group.errorCode, 'describe', group.errorMessage)
      return describeGroup(group, this.#node(nodeId))
    }
    return Promise.all(
      groupIds.map((groupId) => retryUntil(this.#cluster, this.#deadlineMs(), 'describeGroups', () => describeOne(groupId))),
    )
  }

  async delete(groupIds: readonly string[]): Promise<void> {
    await forEachResource(
      this.#cluster,
      this.#deadlineMs(),
      'deleteGroups',
      groupIds,
      (groupId) => groupId,
      async (pending) => {
        const outcomes = await Promise.all(
          pending.map(async (groupId): Promise<[string, Outcome<undefined>]> => {
            const nodeId = await this.#coordinators.group(groupId)
            const { results } = await this.#cluster.request(nodeId, deleteGroups, { groupsNames: [groupId] })
            const errorCode = results[0]?.errorCode ?? ErrorCodes.UNKNOWN_SERVER_ERROR
            if (errorCode === ErrorCodes.NONE) return [groupId, { value: undefined }]
            if (brokerErrorAction(errorCode) === 'find-coordinator') this.#coordinators.forget(groupId)
            return [groupId, { error: brokerError(errorCode, `Cannot delete group '${groupId}'`) }]
          }),
        )
        return new Map(outcomes)
      },
    )
  }

  async #listOf(nodeId: number): Promise<GroupListing[]> {
    const response = await this.#cluster.request(nodeId, listGroups, {})
    if (response.errorCode !== ErrorCodes.NONE) throw brokerError(response.errorCode, `Cannot list the groups of node ${nodeId}`)
    return response.groups.map(({ groupId, protocolType, groupState, groupType }) => ({
      groupId,
      protocolType,
      state: toState(groupState),
      type: groupType.toLowerCase(),
    }))
  }

  #check(groupId: string, errorCode: number, verb: string, message: string | null): void {
    if (errorCode === ErrorCodes.NONE) return
    if (brokerErrorAction(errorCode) === 'find-coordinator') this.#coordinators.forget(groupId)
    throw brokerError(errorCode, `Cannot ${verb} group '${groupId}'`, message)
  }

  #node(nodeId: number): NodeInfo {
    return this.#cluster.metadata.nodes.get(nodeId) ?? { id: nodeId, host: '', port: -1, rack: null }
  }

  #deadlineMs(): number {
    return this.#cluster.nowMs() + this.#timeoutMs
  }
}

function describeGroup(group: DescribeGroupsResponseDescribedGroup, coordinator: NodeInfo): GroupDescription {
  return {
    groupId: group.groupId,
    state: group.errorCode === ErrorCodes.GROUP_ID_NOT_FOUND ? 'Dead' : toState(group.groupState),
    protocolType: group.protocolType,
    protocol: group.protocolData,
    coordinator,
    members: group.members.map((member) => describeMember(member, group.protocolType)),
  }
}

function describeMember(member: DescribeGroupsResponseDescribedGroupMember, protocolType: string): GroupMemberDescription {
  const { memberId, groupInstanceId, clientId, clientHost, memberAssignment } = member
  const isReadable = protocolType === CONSUMER_PROTOCOL && memberAssignment.length > 0
  const assigned = isReadable ? consumerProtocolAssignment.decode(memberAssignment).assignedPartitions : []
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    assignment: assigned.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
  }
}

const states: readonly GroupState[] = [
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
  'Empty',
  'Assigning',
  'Reconciling',
  'NotReady',
]

function toState(name: string): GroupState {
  return states.find((state) => state === name) ?? 'Unknown'
}
