import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import type { FetchTarget } from '../../src/consumer/fetch-session.ts'
import { FetchSession } from '../../src/consumer/fetch-session.ts'

function target(partition: number, fetchOffset: number, topicId = 'id-1', topic = 't'): FetchTarget {
  return { topic, topicId, partition, fetchOffset, currentLeaderEpoch: 0, partitionMaxBytes: 100 }
}

type Part = ReturnType<FetchSession['next']>

/** Session id, epoch, partitions with offsets, forgotten ones. */
function shape({ sessionId, sessionEpoch, topics, forgottenTopicsData }: Part) {
  const asked = topics.flatMap(({ topicId, partitions }) => partitions.map((each) => `${topicId}/${each.partition}@${each.fetchOffset}`))
  const forgotten = (forgottenTopicsData ?? []).flatMap(({ topicId, partitions }) => partitions.map((each) => `${topicId}/${each}`))
  return [sessionId, sessionEpoch, asked, forgotten]
}

describe('fetch session', () => {
  it('begins with everything, then sends what has changed and forgets what is not wanted', () => {
    const session = new FetchSession()
    assert.deepEqual(shape(session.next([target(0, 5), target(1, 7)], true)), [0, 0, ['id-1/0@5', 'id-1/1@7'], []])
    session.onAnswer(33)
    assert.deepEqual(shape(session.next([target(0, 6), target(1, 7)], true)), [33, 1, ['id-1/0@6'], []])
    session.onAnswer(33)
    assert.deepEqual(shape(session.next([target(0, 6), target(1, 7)], true)), [33, 2, [], []])
    session.onAnswer(33)
    assert.deepEqual(shape(session.next([target(1, 7), target(2, 0)], true)), [33, 3, ['id-1/2@0'], ['id-1/0']])
    session.onAnswer(33)
    assert.deepEqual(shape(session.next([target(0, 6), target(1, 7), target(2, 0)], true)), [33, 4, ['id-1/0@6'], []])
  })

  it('stays without one where the broker keeps none, or has given it up', () => {
    const session = new FetchSession()
    session.next([target(0, 0)], true)
    session.onAnswer(0)
    assert.deepEqual(shape(session.next([target(0, 0)], true)), [0, 0, ['id-1/0@0'], []])
    session.onAnswer(5)
    assert.equal(session.next([target(0, 0)], true).sessionEpoch, 1)
    session.onAnswer(0)
    assert.deepEqual(shape(session.next([target(0, 0)], true)), [0, 0, ['id-1/0@0'], []])
  })

  for (const [name, sessionId] of [
    ['FETCH_SESSION_ID_NOT_FOUND', 0],
    ['INVALID_FETCH_SESSION_EPOCH', 9],
    ['FETCH_SESSION_TOPIC_ID_ERROR', 9],
  ] as const) {
    it(`sends everything again after ${name}, in a new session`, () => {
      const session = new FetchSession()
      session.next([target(0, 0)], true)
      session.onAnswer(9)
      session.next([target(0, 0)], true)
      session.onError(ErrorCodes[name])
      // A session that may still be there is named, so that it is replaced.
      assert.deepEqual(shape(session.next([target(0, 0)], true)), [sessionId, 0, ['id-1/0@0'], []])
    })
  }

  it('sends everything again when it does not know what the broker has seen', () => {
    const session = new FetchSession()
    session.next([target(0, 0)], true)
    session.onAnswer(9)
    session.next([target(0, 4)], true)
    session.onDisconnect()
    assert.deepEqual(shape(session.next([target(0, 4)], true)), [9, 0, ['id-1/0@4'], []])
    session.onAnswer(10)
    assert.deepEqual(shape(session.next([target(0, 4)], true)), [10, 1, [], []])
  })

  it('forgets a topic that was made anew under its old id, and starts over when ids come or go', () => {
    const session = new FetchSession()
    session.next([target(0, 4)], true)
    session.onAnswer(9)
    assert.deepEqual(shape(session.next([target(0, 4, 'id-2')], true)), [9, 1, ['id-2/0@4'], ['id-1/0']])
    session.onAnswer(9)
    assert.deepEqual(shape(session.next([target(0, 4, 'id-2')], false)), [9, 0, ['id-2/0@4'], []])
  })

  it('ends once, and goes back to epoch 1 after the last one', () => {
    const session = new FetchSession()
    assert.equal(session.close(), undefined)
    session.next([target(0, 4)], true)
    session.onAnswer(9)
    assert.deepEqual(
      [session.close()].map((each) => [each?.sessionId, each?.sessionEpoch, each?.topics]),
      [[9, -1, []]],
    )
    assert.equal(session.close(), undefined)
  })
})
