import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { ClassicMembership } from '../../src/consumer/membership/classic-membership.ts'
import type { MemberState } from '../../src/consumer/membership/transitions.ts'
import { brokerError } from '../../src/errors/broker-error-actions.ts'
import { legalTransitions } from '../../src/consumer/membership/transitions.ts'

const BACKOFF_MS = 100

function create(groupInstanceId: string | null = null): ClassicMembership {
  return new ClassicMembership({
    groupId: 'g',
    groupInstanceId,
    sessionTimeoutMs: 10_000,
    heartbeatIntervalMs: 3000,
    maxPollIntervalMs: 60_000,
    backoffMs: () => BACKOFF_MS,
  })
}

function joined(errorCode: number, leader = 'm2') {
  return { errorCode, generationId: errorCode === 0 ? 5 : -1, memberId: 'm1', leader, protocolName: 'range', skipAssignment: false }
}

/** In the state given, at time 0, having polled. */
function inState(state: MemberState, groupInstanceId: string | null = null): ClassicMembership {
  const member = create(groupInstanceId)
  if (state === 'detached') return member
  member.start()
  member.touched(0)
  assert.equal(member.poll(0).send, 'find-coordinator')
  if (state === 'failed') {
    member.onCoordinator()
    member.poll(0)
    member.onJoin(joined(ErrorCodes.GROUP_AUTHORIZATION_FAILED), 0)
    return member
  }
  member.onCoordinator()
  assert.equal(member.poll(0).send, 'join')
  if (state === 'joining') return member
  member.onJoin(joined(0, state === 'assigning' ? 'm1' : 'm2'), 0)
  if (state === 'assigning') return member
  assert.equal(member.poll(0).send, 'sync')
  if (state === 'syncing') return member
  member.onSync(0, 0)
  if (state === 'adopting') return member
  member.adopted()
  if (state === 'stable') return member
  if (state === 'releasing') member.rejoin('subscription has changed')
  else member.stop('the consumer is being closed')
  return member
}

describe('classic membership', () => {
  const states = Object.keys(legalTransitions) as MemberState[]

  for (const state of states) {
    it(`can be brought into the state '${state}'`, () => assert.equal(inState(state).state, state))
  }

  it('joins, syncs, is given partitions and beats', () => {
    const member = inState('stable')
    assert.deepEqual([member.memberId, member.generationId, member.protocolName], ['m1', 5, 'range'])
    assert.deepEqual(member.poll(0), { send: undefined, wakeAtMs: 100 })
    assert.equal(member.poll(3000).send, 'heartbeat')
    assert.equal(member.poll(3001).send, undefined)
    member.onHeartbeat(0, 3100)
    assert.equal(member.poll(3100).wakeAtMs, 6100)
  })

  it('beats sooner while the generation is young, and every heartbeat.interval.ms later on', () => {
    const member = inState('stable')
    const beats: number[] = []
    for (let now = 0; now < 13_000; now += 100) {
      if (member.poll(now).send !== 'heartbeat') continue
      beats.push(now)
      member.onHeartbeat(0, now)
    }
    assert.deepEqual(beats, [100, 200, 400, 800, 1600, 3200, 6200, 9200, 12_200])
  })

  it('says why it joins and why it leaves', () => {
    const member = inState('joining')
    assert.equal(member.rejoinReason, '')
    member.onJoin(joined(ErrorCodes.MEMBER_ID_REQUIRED), 0)
    assert.equal(member.rejoinReason, 'need to re-join with the given member-id: m1')
    member.poll(0)
    member.onJoin(joined(0), 0)
    member.poll(0)
    member.onSync(0, 0)
    assert.equal(member.rejoinReason, '')
    member.adopted('need to revoke partitions and re-join')
    assert.deepEqual([member.state, member.rejoinReason], ['releasing', 'need to revoke partitions and re-join'])
    member.stop('the consumer is being closed')
    assert.deepEqual([member.poll(0).send, member.leaveReason], ['leave', 'the consumer is being closed'])
  })

  it('a change that comes while a join is under way is not forgotten; one before it is in the request', () => {
    const before = inState('releasing')
    before.rejoin('subscription has changed')
    before.released()
    const during = inState('joining')
    during.rejoin('subscription has changed')
    for (const [member, state] of [
      [before, 'stable'],
      [during, 'releasing'],
    ] as const) {
      member.poll(0)
      member.onJoin(joined(0), 0)
      member.poll(0)
      member.onSync(0, 0)
      member.adopted()
      assert.equal(member.state, state)
    }
  })

  it('a group that rebalances again answers a sync so: it joins anew, and keeps its id', () => {
    const member = inState('syncing')
    member.onSync(ErrorCodes.REBALANCE_IN_PROGRESS, 0)
    assert.deepEqual([member.state, member.memberId, member.generationId], ['joining', 'm1', 5])
  })

  it('does not take up what it was given a session ago, without a word since', () => {
    for (const [lastBeatMs, now, expected] of [
      [0, 9999, true],
      [0, 10_000, false],
      [9000, 18_999, true],
      [9000, 19_000, false],
    ] as const) {
      const member = inState('adopting')
      if (lastBeatMs > 0) {
        assert.equal(member.poll(lastBeatMs).send, 'heartbeat')
        // It is the sending that counts: the broker may have been waiting since.
        member.onHeartbeat(0, lastBeatMs + 500)
      }
      assert.equal(member.isStillGiven(now), expected)
      assert.deepEqual([member.state, member.generationId], expected ? ['adopting', 5] : ['releasing', -1])
    }
  })

  it('does not take up what was a session on its way', () => {
    for (const [answeredMs, expected] of [
      [9999, true],
      [10_000, false],
    ] as const) {
      const member = inState('syncing')
      member.onSync(0, answeredMs)
      assert.equal(member.isStillGiven(answeredMs), expected)
    }
  })

  it('a commit refused for a rebalance that it takes part in already causes no other', () => {
    const member = inState('syncing')
    member.onCommitError(ErrorCodes.REBALANCE_IN_PROGRESS, 5, 0)
    member.onSync(0, 0)
    member.adopted()
    assert.equal(member.state, 'stable')
  })

  it('a refused commit of an earlier generation says nothing about this one', () => {
    const member = inState('stable')
    member.onCommitError(ErrorCodes.ILLEGAL_GENERATION, 4, 100)
    assert.equal(member.state, 'stable')
  })

  it('joins again with the member id that it was given', () => {
    const member = inState('joining')
    member.onJoin(joined(ErrorCodes.MEMBER_ID_REQUIRED), 0)
    assert.equal(member.memberId, 'm1')
    assert.equal(member.poll(0).send, 'join')
  })

  it('the leader shares out before it syncs', () => {
    const member = inState('assigning')
    assert.equal(member.poll(0).send, undefined)
    member.assigned()
    assert.equal(member.poll(0).send, 'sync')
  })

  it('a rebalance asks for the partitions, and beats until they are released', () => {
    const member = inState('stable')
    member.poll(3000)
    member.onHeartbeat(ErrorCodes.REBALANCE_IN_PROGRESS, 3000)
    assert.deepEqual([member.state, member.release], ['releasing', 'revoked'])
    assert.equal(member.poll(6000).send, 'heartbeat')
    member.onHeartbeat(ErrorCodes.REBALANCE_IN_PROGRESS, 6000)
    assert.equal(member.state, 'releasing')
    member.released()
    assert.equal(member.poll(6000).send, 'join')
    assert.equal(member.memberId, 'm1')
  })

  it('a rebalance that starts while partitions are taken up is not forgotten', () => {
    const member = inState('adopting')
    member.poll(3000)
    member.onHeartbeat(ErrorCodes.REBALANCE_IN_PROGRESS, 3000)
    assert.equal(member.state, 'adopting')
    member.adopted()
    assert.equal(member.state, 'releasing')
  })

  for (const [errorCode, memberId] of [
    [ErrorCodes.UNKNOWN_MEMBER_ID, ''],
    [ErrorCodes.ILLEGAL_GENERATION, 'm1'],
  ] as const) {
    it(`error ${errorCode} to a heartbeat: the partitions are lost, and it joins as '${memberId}'`, () => {
      const member = inState('stable')
      member.poll(3000)
      member.onHeartbeat(errorCode, 3000)
      assert.deepEqual([member.state, member.release, member.generationId, member.memberId], ['releasing', 'lost', -1, memberId])
      assert.deepEqual(member.poll(9000), { send: undefined, wakeAtMs: Number.POSITIVE_INFINITY })
      member.released()
      assert.equal(member.poll(9000).send, 'join')
    })

    it(`error ${errorCode} to a sync: what it has kept is lost, and it joins again`, () => {
      const member = inState('syncing')
      member.onSync(errorCode, 0)
      assert.deepEqual([member.state, member.release, member.memberId], ['releasing', 'lost', memberId])
      member.released()
      assert.equal(member.poll(0).send, 'join')
    })
  }

  it('looks for the coordinator again when it has moved', () => {
    const member = inState('stable')
    member.poll(3000)
    member.onHeartbeat(ErrorCodes.NOT_COORDINATOR, 3000)
    assert.equal(member.state, 'stable')
    assert.equal(member.poll(3000).send, 'find-coordinator')
    member.onCoordinator()
    assert.equal(member.poll(3001).send, 'heartbeat')
  })

  it('pauses before the next attempt when the connection breaks, whatever was under way', () => {
    for (const [state, send] of [
      ['joining', 'join'],
      ['syncing', 'sync'],
    ] as const) {
      const member = inState(state)
      member.onDisconnect(send, 1000)
      assert.deepEqual(member.poll(1000), { send: undefined, wakeAtMs: 1000 + BACKOFF_MS })
      assert.equal(member.poll(1000 + BACKOFF_MS).send, 'find-coordinator')
      member.onCoordinator()
      assert.equal(member.poll(1100).send, send)
    }
  })

  it('a leader that cannot share out joins again', () => {
    const member = inState('assigning')
    member.onDisconnect('join', 0)
    assert.equal(member.state, 'joining')
  })

  it('takes a coordinator that is silent for a session for gone', () => {
    const member = inState('stable')
    assert.equal(member.poll(10_000).send, 'find-coordinator')
  })

  describe('after a session in which the process did not run', () => {
    const asleep = (): ClassicMembership => {
      const member = inState('stable')
      assert.equal(member.poll(3000).send, 'heartbeat')
      return member
    }

    it('is in doubt until a heartbeat that it sends now is answered', () => {
      const member = asleep()
      member.onHeartbeat(0, 3100)
      member.touched(12_999)
      assert.equal(member.isInDoubt, false)
      member.touched(13_000)
      assert.equal(member.isInDoubt, true)
      assert.equal(member.poll(13_000).send, 'heartbeat')
      assert.equal(member.isInDoubt, true)
      member.onHeartbeat(0, 13_100)
      assert.equal(member.isInDoubt, false)
    })

    it('the answer to a heartbeat from before does not count', () => {
      const member = asleep()
      member.touched(13_000)
      member.onHeartbeat(0, 13_000)
      assert.equal(member.isInDoubt, true)
      assert.equal(member.poll(13_000).send, 'heartbeat')
      member.onHeartbeat(0, 13_200)
      assert.equal(member.isInDoubt, false)
    })

    it('has lost everything when the group does not know it any more', () => {
      const member = asleep()
      member.onHeartbeat(0, 3100)
      member.touched(13_050)
      assert.equal(member.poll(13_050).send, 'heartbeat')
      member.onHeartbeat(ErrorCodes.UNKNOWN_MEMBER_ID, 13_200)
      assert.deepEqual([member.state, member.release, member.isInDoubt], ['releasing', 'lost', false])
    })

    it('is in doubt when a heartbeat from before is given up late, and not when the coordinator was silent', () => {
      for (const [nowMs, expected] of [
        [13_000, false],
        [13_100, true],
      ] as const) {
        const member = asleep()
        member.onDisconnect('heartbeat', nowMs)
        assert.equal(member.isInDoubt, expected)
        member.onCoordinatorFailure(brokerError(ErrorCodes.COORDINATOR_NOT_AVAILABLE, 'looked for'), nowMs)
        assert.equal(member.isInDoubt, false)
      }
    })

    it('goes on when the coordinator cannot be reached', () => {
      const member = asleep()
      member.onHeartbeat(0, 3100)
      member.touched(13_050)
      assert.equal(member.poll(13_050).send, 'heartbeat')
      member.onDisconnect('heartbeat', 13_200)
      member.touched(23_000)
      assert.equal(member.isInDoubt, false)
    })
  })

  it('leaves when the application has not polled for max.poll.interval.ms, and joins again once it does', () => {
    const member = inState('stable')
    let now = 0
    for (; now < 57_000; now += 3000) {
      if (member.poll(now).send === 'heartbeat') member.onHeartbeat(0, now)
    }
    assert.ok(member.isOverdue(60_000) && !member.isOverdue(59_999))
    assert.equal(member.poll(60_000).send, 'leave')
    assert.equal(member.leaveReason, 'consumer poll timeout has expired.')
    member.onLeave()
    assert.deepEqual([member.state, member.release, member.generationId], ['releasing', 'lost', -1])
    member.touched(70_000)
    member.released()
    assert.equal(member.poll(70_000).send, 'join')
  })

  it('an answer to a heartbeat that comes after leaving has begun changes nothing', () => {
    const member = inState('stable')
    member.poll(3000)
    member.stop('the consumer is being closed')
    assert.equal(member.poll(3000).send, 'leave')
    member.onHeartbeat(ErrorCodes.UNKNOWN_MEMBER_ID, 3001)
    assert.equal(member.state, 'leaving')
    assert.equal(member.poll(3001).send, undefined)
    member.onLeave()
    assert.equal(member.state, 'detached')
  })

  it('a static member does not leave: its place is kept', () => {
    const member = inState('stable', 'i1')
    member.stop('the consumer is being closed')
    assert.equal(member.state, 'detached')
    const late = inState('stable', 'i1')
    assert.equal(late.poll(60_000).send, undefined)
    assert.deepEqual([late.state, late.release, late.memberId], ['releasing', 'lost', ''])
  })

  it('fails for good on what joining again would not mend, until it is started anew', () => {
    const member = inState('stable')
    member.poll(3000)
    member.onHeartbeat(ErrorCodes.FENCED_INSTANCE_ID, 3000)
    assert.deepEqual([member.state, member.error?.code], ['failed', 'FENCED_INSTANCE_ID'])
    assert.deepEqual(member.poll(9000), { send: undefined, wakeAtMs: Number.POSITIVE_INFINITY })
    member.start()
    assert.deepEqual([member.state, member.error], ['joining', undefined])
  })

  it('a refused commit tells of the membership too', () => {
    const member = inState('stable')
    member.onCommitError(ErrorCodes.UNKNOWN_MEMBER_ID, 5, 100)
    assert.deepEqual([member.state, member.release], ['releasing', 'lost'])
  })

  it('is no worse for answers that nobody asked for, in any state', () => {
    const codes = [
      ErrorCodes.NONE,
      ErrorCodes.UNKNOWN_MEMBER_ID,
      ErrorCodes.REBALANCE_IN_PROGRESS,
      ErrorCodes.NOT_COORDINATOR,
      ErrorCodes.GROUP_AUTHORIZATION_FAILED,
    ]
    for (const state of states) {
      for (const code of codes) {
        const member = inState(state)
        if (state !== 'joining') member.onJoin(joined(code), 0)
        if (state !== 'syncing') member.onSync(code, 0)
        member.onHeartbeat(code, 0)
        assert.equal(member.state, state)
      }
    }
  })
})
