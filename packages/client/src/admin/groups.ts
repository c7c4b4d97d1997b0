/** Administration of groups: which there are, who is in them, and deleting them. */

import { consumerProtocolAssignment, deleteGroups, describeGroups, ErrorCodes, listGroups } from '@odradek/protocol'
import type { DescribeGroupsResponseDescribedGroup, DescribeGroupsResponseDescribedGroupMember } from '@odradek/protocol'
import { retryUntil } from '../cluster/retry.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import { ProtocolError } from '../errors/kafka-error.ts'
import type { CoordinatorCalls } from './per-resource.ts'
import { deadlineOf, forEachId } from './per-resource.ts'
import type { GroupDescription, GroupListing, GroupMemberDescription, GroupState, NodeInfo } from './types.ts'

const CONSUMER_PROTOCOL = 'consumer'

export class GroupAdmin {
  readonly #calls: CoordinatorCalls

  constructor(calls: CoordinatorCalls) {
    this.#calls = calls
  }

  async list(): Promise<GroupListing[]> {
    const { cluster } = this.#calls
    const answers = await retryUntil(cluster, deadlineOf(this.#calls), 'listGroups', async () => {
      await cluster.fetchMetadata([], false)
      return Promise.all([...cluster.metadata.nodes.keys()].map((nodeId) => this.#listOf(nodeId)))
    })
    const byId = new Map(answers.flat().map((group) => [group.groupId, group]))
    return [...byId.values()].sort((left, right) => (left.groupId < right.groupId ? -1 : 1))
  }

  describe(groupIds: readonly string[]): Promise<GroupDescription[]> {
    const { cluster } = this.#calls
    return this.#forEach('describeGroups', groupIds, async (groupId, nodeId) => {
      const response = await cluster.request(nodeId, describeGroups, { groups: [groupId] })
      const group = response.groups[0]
      if (group === undefined) throw new ProtocolError(`The broker's answer leaves out group '${groupId}'`)
      const { errorCode, errorMessage } = group
      // Since KIP-1043 a group that does not exist is an error of its own.
      if (errorCode !== ErrorCodes.NONE && errorCode !== ErrorCodes.GROUP_ID_NOT_FOUND)
        throw brokerError(errorCode, `Cannot describe group '${groupId}'`, errorMessage)
      return describeGroup(group, cluster.metadata.nodes.get(nodeId) ?? { id: nodeId, host: '', port: -1, rack: null })
    })
  }

  async delete(groupIds: readonly string[]): Promise<void> {
    await this.#forEach('deleteGroups', groupIds, async (groupId, nodeId) => {
      const { results } = await this.#calls.cluster.request(nodeId, deleteGroups, { groupsNames: [groupId] })
      const errorCode = results[0]?.errorCode ?? ErrorCodes.UNKNOWN_SERVER_ERROR
      if (errorCode !== ErrorCodes.NONE) throw brokerError(errorCode, `Cannot delete group '${groupId}'`)
    })
  }

  #forEach<T>(what: string, groupIds: readonly string[], ask: (groupId: string, nodeId: number) => Promise<T>): Promise<T[]> {
    const { coordinators } = this.#calls
    return forEachId(this.#calls, what, groupIds, (groupId) => coordinators.askGroup(groupId, (nodeId) => ask(groupId, nodeId)))
  }

  async #listOf(nodeId: number): Promise<GroupListing[]> {
    const response = await this.#calls.cluster.request(nodeId, listGroups, {})
    if (response.errorCode !== ErrorCodes.NONE) throw brokerError(response.errorCode, `Cannot list the groups of node ${nodeId}`)
    return response.groups.map(({ groupId, protocolType, groupState, groupType }) => ({
      groupId,
      protocolType,
      state: toState(groupState),
      type: groupType.toLowerCase(),
    }))
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
