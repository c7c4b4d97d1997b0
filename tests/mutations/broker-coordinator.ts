/** Faults in the coordinator of groups. */

import type { Mutation } from './mutation.ts'

const groupTests = 'packages/broker/test/coordinator/group'
const join = `${groupTests}/classic-join.test.ts`
const session = `${groupTests}/classic-session.test.ts`
const sync = `${groupTests}/classic-sync.test.ts`
const statics = `${groupTests}/static-member.test.ts`
const draft = `${groupTests}/draft-map.test.ts`
const commit = `${groupTests}/offset-commit.test.ts`
const deletion = `${groupTests}/offset-deletion.test.ts`
const coordinator = `${groupTests}/group-coordinator.test.ts`
const shard = 'packages/broker/test/coordinator/runtime/coordinator-shard.test.ts'

const groupSources = 'packages/broker/src/coordinator/group'
const validationSource = `${groupSources}/classic/validation.ts`
const syncSource = `${groupSources}/classic/sync.ts`
const rebalanceSource = `${groupSources}/classic/rebalance.ts`
const heartbeatSource = `${groupSources}/classic/heartbeat.ts`
const groupsSource = `${groupSources}/classic/classic-groups.ts`
const commitSource = `${groupSources}/offsets/commit.ts`
const stateSource = `${groupSources}/group-state.ts`
const loadedState = 'packages/broker/src/coordinator/runtime/loaded-state.ts'

export const coordinatorMutations: readonly Mutation[] = [
  {
    name: 'coordinator/refused-commit-forgets-partitions',
    breaks: 'a client is not told which of the partitions of a refused commit do not exist, as Apache Kafka tells it',
    file: 'packages/broker/src/api/offset-commit.ts',
    search: 'topics: mergeTopics(topics, refused, context.apiVersion),',
    replace: 'topics: [...topics],',
    tests: ['packages/broker/test/api/groups.test.ts'],
  },
  {
    name: 'coordinator/heartbeat-any-generation',
    breaks: 'a member that missed a rebalance is told that all is well',
    file: heartbeatSource,
    search: 'generationError(group, request.memberId, request.groupInstanceId, request.generationId)',
    replace: 'generationError(group, request.memberId, request.groupInstanceId, group.generationId)',
    tests: [session, sync],
  },
  {
    name: 'coordinator/sync-any-generation',
    breaks: 'a late SyncGroup is answered with the assignment of a newer generation',
    file: syncSource,
    search: 'generationError(group, request.memberId, request.groupInstanceId, request.generationId)',
    replace: 'generationError(group, request.memberId, request.groupInstanceId, group.generationId)',
    tests: [sync],
  },
  {
    name: 'coordinator/successors-unsaved',
    breaks: 'a static member that came back during a rebalance is fenced when the coordinator moves before the assignment is stored',
    file: groupsSource,
    search: 'transition.record ?? this.#successorsRecord(transition)',
    replace: 'transition.record',
    tests: [statics],
  },
  {
    name: 'coordinator/draft-unsettled',
    breaks: 'what a request has done to a group piles up beside it, until nothing moves any more',
    file: `${groupSources}/classic/draft-map.ts`,
    search: 'return isDraft(map) ? map.settle() : map',
    replace: 'return map',
    tests: [draft],
  },
  {
    name: 'coordinator/draft-in-place',
    breaks: 'a member that was removed and came back takes its former place, and leads out of turn',
    file: `${groupSources}/classic/draft-map.ts`,
    search: 'return this.#base.has(key) && !this.#removed.has(key)',
    replace: 'return this.#base.has(key)',
    tests: [draft],
  },
  {
    name: 'coordinator/commit-any-generation',
    breaks: 'a member that has lost its partitions sets the offsets of the next owner back',
    file: commitSource,
    search: 'const error = generationError(group, memberId, groupInstanceId, generationId)',
    replace: 'const error = generationError(group, memberId, groupInstanceId, group.generationId)',
    tests: [commit],
  },
  {
    name: 'coordinator/stored-for-any-generation',
    breaks: 'the assignment of an old generation is given out in a newer one',
    file: syncSource,
    search: "if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return",
    replace: "if (group.state !== 'CompletingRebalance') return",
    tests: [sync],
  },
  {
    name: 'coordinator/refused-for-any-generation',
    breaks: 'an assignment that could not be stored breaks up a newer generation',
    file: syncSource,
    search: "if (transition.group.state !== 'CompletingRebalance' || transition.group.generationId !== generationId) return",
    replace: "if (transition.group.state !== 'CompletingRebalance') return",
    tests: [sync],
  },
  {
    name: 'coordinator/any-member-assigns',
    breaks: 'a follower that is faster than the leader empties the assignment',
    file: syncSource,
    search: 'if (group.leaderId === memberId && !member.awaitingSync) storeAssignment(transition, request)',
    replace: 'if (!member.awaitingSync) storeAssignment(transition, request)',
    tests: [sync, join],
  },
  {
    name: 'coordinator/leader-assigns-twice',
    breaks: 'a leader that repeats itself puts another assignment into the log than members were given',
    file: syncSource,
    search: 'if (group.leaderId === memberId && !member.awaitingSync) storeAssignment(transition, request)',
    replace: 'if (group.leaderId === memberId) storeAssignment(transition, request)',
    tests: [sync],
  },
  {
    name: 'coordinator/silent-after-join',
    breaks: 'a member that never asks for its partitions keeps them from everybody',
    file: rebalanceSource,
    search: "transition.startTimer('sync', rebalanceTimeoutMs(group), { kind: 'syncTimedOut', generationId: group.generationId })",
    replace: '',
    tests: [sync, session],
  },
  {
    name: 'coordinator/fenced-instance',
    breaks: 'two processes with one group.instance.id both believe to be the member',
    file: validationSource,
    search: 'if (holder !== memberId) return ErrorCodes.FENCED_INSTANCE_ID',
    replace: '',
    tests: [statics],
  },
  {
    name: 'coordinator/unknown-member',
    breaks: 'whoever was removed from the group goes on as if it were a member',
    file: validationSource,
    search: 'return group.members.has(memberId) ? ErrorCodes.NONE : ErrorCodes.UNKNOWN_MEMBER_ID',
    replace: 'return ErrorCodes.NONE',
    tests: [commit, session, sync],
  },
  {
    name: 'coordinator/commit-of-nobody',
    breaks: 'anybody overwrites the offsets of a group that has members',
    file: commitSource,
    search: "if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCodes.UNKNOWN_MEMBER_ID",
    replace: "if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCodes.NONE",
    tests: [commit],
  },
  {
    name: 'coordinator/commit-before-sync',
    breaks: 'a member commits partitions that it may have lost in the generation that begins',
    file: commitSource,
    search: "return group.state === 'CompletingRebalance' ? ErrorCodes.REBALANCE_IN_PROGRESS : ErrorCodes.NONE",
    replace: 'return ErrorCodes.NONE',
    tests: [commit],
  },
  {
    name: 'coordinator/rebalance-not-told',
    breaks: 'members do not learn of a rebalance and are thrown out of it',
    file: heartbeatSource,
    search: "return group.state === 'PreparingRebalance' ? ErrorCodes.REBALANCE_IN_PROGRESS : ErrorCodes.NONE",
    replace: 'return ErrorCodes.NONE',
    tests: [session, join],
  },
  {
    name: 'coordinator/session-not-restarted',
    breaks: 'members that beat are removed after session.timeout.ms all the same',
    file: heartbeatSource,
    search: 'transition.restartSession(member)',
    replace: '',
    tests: [session],
  },
  {
    name: 'coordinator/session-not-restarted-by-commit',
    breaks: 'a member that commits is removed for its silence',
    file: `${groupSources}/group-machine.ts`,
    search: 'transition.restartSession(member)',
    replace: '',
    tests: [commit, session],
  },
  {
    name: 'coordinator/no-session-after-load',
    breaks: 'a member that died while the broker was down keeps its partitions for ever',
    file: `${groupSources}/classic/classic-groups.ts`,
    search: 'for (const member of transition.group.members.values()) transition.restartSession(member)',
    replace: '',
    tests: [session],
  },
  {
    name: 'coordinator/waiting-member-expires',
    breaks: 'a member that waits for a long rebalance is removed from it',
    file: `${groupSources}/classic/leave.ts`,
    search: 'return !member.isNew && (member.awaitingJoin || member.awaitingSync)',
    replace: 'return false',
    tests: [session, join],
  },
  {
    name: 'coordinator/missing-members-stay',
    breaks: 'members that did not rejoin keep partitions in the new generation',
    file: rebalanceSource,
    search: 'if (member.awaitingJoin || member.groupInstanceId !== null) continue',
    replace: 'if (member.awaitingJoin || member.memberId !== null) continue',
    tests: [join, session],
  },
  {
    name: 'coordinator/generation-stays',
    breaks: 'members of two generations cannot be told apart',
    file: rebalanceSource,
    search: 'const generationId = group.generationId + 1',
    replace: 'const generationId = Math.max(group.generationId, 1)',
    tests: [join],
  },
  {
    name: 'coordinator/absent-leader',
    breaks: 'a leader that did not rejoin is waited for by all',
    file: rebalanceSource,
    search: 'if (group.members.get(group.leaderId)?.awaitingJoin === true) return true',
    replace: 'if (group.members.get(group.leaderId) !== undefined) return true',
    tests: [join, statics, session],
  },
  {
    name: 'coordinator/no-initial-delay',
    breaks: 'each member of a group that starts costs a rebalance of its own',
    file: rebalanceSource,
    search: "if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return",
    replace: "if (group.state !== 'PreparingRebalance') return",
    tests: [join],
  },
  {
    name: 'coordinator/answer-before-durable',
    breaks: 'a commit is acknowledged that a crash takes back',
    file: loadedState,
    search: 'if (offset <= this.#durableOffset) {',
    replace: 'if (offset <= Number.MAX_SAFE_INTEGER) {',
    tests: [shard, commit],
  },
  {
    name: 'coordinator/failed-write-forgotten',
    breaks: 'after a failed write the state holds commits that the log does not have',
    file: loadedState,
    search: '(cause: unknown) => this.#fail(cause),',
    replace: '() => undefined,',
    tests: [shard],
  },
  {
    name: 'coordinator/released-too-early',
    breaks: 'a response is given when an earlier write becomes durable',
    file: loadedState,
    search: '(response.offset <= durableOffset ? ready : waiting).push(response)',
    replace: '(response.offset <= durableOffset + 1 ? ready : waiting).push(response)',
    tests: [shard, commit],
  },
  {
    name: 'coordinator/group-lost-in-replay',
    breaks: 'after a restart the members of every group are unknown',
    file: stateSource,
    search: 'else this.#groups.set(group, groupMetadataValue.decode(value))',
    replace: 'else groupMetadataValue.decode(value)',
    tests: [sync, statics],
  },
  {
    name: 'coordinator/offset-tombstone-ignored',
    breaks: 'offsets that were deleted are back',
    file: stateSource,
    search: 'this.offsets.remove(group, topic, partition)\n',
    replace: '',
    tests: [deletion],
  },
  {
    name: 'coordinator/load-misses-queued',
    breaks: 'a coordinator that takes over does not see what was appended just before',
    file: 'packages/broker/src/coordinator/runtime/coordinator-log.ts',
    search: 'await log.whenDurable(log.logEndOffset - 1).catch(() => undefined)',
    replace: '',
    tests: [shard, 'packages/broker/test/nodes/coordinators.test.ts'],
  },
  {
    name: 'coordinator/load-of-former-term',
    breaks: 'a load that a change of leadership interrupted installs an old state',
    file: 'packages/broker/src/coordinator/runtime/coordinator-shard.ts',
    search: 'if (this.#closed || term !== this.#term) return\n    this.#failedLoads = 0',
    replace: 'if (this.#closed) return\n    this.#failedLoads = 0',
    tests: [shard, 'packages/broker/test/nodes/coordinators.test.ts'],
  },
  {
    name: 'coordinator/moved-deadline-ignored',
    breaks: 'sessions run out at the time that the first heartbeat set',
    file: 'packages/broker/src/coordinator/runtime/timer-table.ts',
    search: 'if (remainingMs >= 1) {',
    replace: 'if (remainingMs >= 1e15) {',
    tests: ['packages/broker/test/coordinator/runtime/timer-table.test.ts'],
  },
  {
    name: 'coordinator/subscribed-offsets-expire',
    breaks: 'a group that reads a quiet topic loses its place in it',
    file: `${groupSources}/offsets/deletion.ts`,
    search: 'const isKept = subscribed || pending.has(',
    replace: 'const isKept = pending.has(',
    tests: [deletion],
  },
  {
    name: 'coordinator/offsets-of-deleted-topic',
    breaks: 'the offset of a deleted topic is used for the new one of that name',
    file: `${groupSources}/offsets/fetch.ts`,
    search: 'return value.topicId === noTopicId || topicId === noTopicId || value.topicId === topicId',
    replace: 'return true',
    tests: [deletion, commit],
  },
  {
    name: 'coordinator/group-with-members-deleted',
    breaks: 'DeleteGroups removes a group that is at work',
    file: `${groupSources}/group-machine.ts`,
    search: "if (group.state !== 'Empty') return { groupId, errorCode: ErrorCodes.NON_EMPTY_GROUP }",
    replace: '',
    tests: [deletion],
  },
  {
    name: 'coordinator/unanswered-at-close',
    breaks: 'a client whose JoinGroup waits is never answered when the coordinator moves',
    file: `${groupSources}/classic/classic-groups.ts`,
    search: 'this.#joins.answerAll((memberId) => refusedJoin(memberId, errorCode))',
    replace: '',
    tests: [coordinator],
  },
]
