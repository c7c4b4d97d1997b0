/** OffsetCommit: fencing, and the records of a commit. Source: KIP-345, KIP-848 (error codes of version 9), KIP-211 (retention). */

import { ErrorCodes } from '@odradek/protocol'
import type { CoordinatorRecord } from '../../runtime/outcome.ts'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { generationError } from '../classic/validation.ts'
import { offsetCommitRecord } from '../group-records.ts'

export interface CommitRequest {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** −1 from who is no member: an administrator or a consumer that assigns itself. */
  readonly generationId: number
  /** −1 leaves it to offsets.retention.minutes. */
  readonly retentionTimeMs: number
  readonly topics: readonly CommitTopic[]
}

export interface CommitTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly CommitPartition[]
}

export interface CommitPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

export interface CommittedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
}

/** Why this commit is refused as a whole, or NONE. `group` is undefined where none of that id exists. */
export function commitError(group: ClassicGroup | undefined, request: CommitRequest, apiVersion: number): number {
  const { memberId, groupInstanceId, generationId } = request
  if (group === undefined) {
    // Without a generation the commit makes the group: a simple one.
    if (generationId < 0) return ErrorCodes.NONE
    return apiVersion >= 9 ? ErrorCodes.GROUP_ID_NOT_FOUND : ErrorCodes.ILLEGAL_GENERATION
  }
  if (generationId < 0 && group.state === 'Empty') return ErrorCodes.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCodes.UNKNOWN_MEMBER_ID
  const error = generationError(group, memberId, groupInstanceId, generationId)
  if (error !== ErrorCodes.NONE) return error
  // The member knows the new generation but not yet its part of it: this commit is of partitions that it may have lost.
  return group.state === 'CompletingRebalance' ? ErrorCodes.REBALANCE_IN_PROGRESS : ErrorCodes.NONE
}

/**
 * The same for a commit that is part of a transaction: its producer is fenced by its epoch, so that a member is only checked where one is
 * named (KIP-447).
 */
export function transactionalCommitError(group: ClassicGroup | undefined, request: CommitRequest): number {
  const { memberId, groupInstanceId, generationId } = request
  const namesMember = generationId >= 0 || memberId !== '' || groupInstanceId !== null
  if (group === undefined) return generationId < 0 ? ErrorCodes.NONE : ErrorCodes.ILLEGAL_GENERATION
  if (generationId < 0 && group.state === 'Empty') return ErrorCodes.NONE
  return namesMember ? generationError(group, memberId, groupInstanceId, generationId) : ErrorCodes.NONE
}

/** The records of a commit that has passed `commitError`, with the answer for each partition. */
export function commitRecords(
  request: CommitRequest,
  nowMs: number,
  metadataMaxLength: number,
): { records: CoordinatorRecord[]; topics: CommittedTopic[] } {
  const records: CoordinatorRecord[] = []
  const expireTimestamp = request.retentionTimeMs === -1 ? -1 : nowMs + request.retentionTimeMs
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
      const metadata = committedMetadata ?? ''
      if (metadata.length > metadataMaxLength) return { partitionIndex, errorCode: ErrorCodes.OFFSET_METADATA_TOO_LARGE }
      const value = {
        offset: committedOffset,
        leaderEpoch: committedLeaderEpoch,
        metadata,
        commitTimestamp: nowMs,
        expireTimestamp,
        topicId,
      }
      records.push(offsetCommitRecord(request.groupId, name, partitionIndex, value))
      return { partitionIndex, errorCode: ErrorCodes.NONE }
    }),
  }))
  return { records, topics }
}
