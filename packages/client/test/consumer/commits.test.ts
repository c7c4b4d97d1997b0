import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OffsetCommitRequest, OffsetCommitResponseInput } from '@odradek/protocol'
import { ErrorCodes, findCoordinator, joinGroup, leaveGroup, offsetCommit, offsetFetch } from '@odradek/protocol'
import type { Consumer, KafkaError } from '../../src/index.ts'
import { BrokerError, TimeoutError } from '../../src/index.ts'
import { hangUp } from '../support/fake-cluster.ts'
import { FakeLog as Log } from '../support/fake-log.ts'

const place = { topic: 't', partition: 0 }

/** Answers commits with these codes, then with success; an offset counts as written unless it was refused, answered in time or not. */
function scriptCommits(log: Log, script: (number | 'late' | typeof hangUp)[]): number[] {
  const written: number[] = []
  log.cluster.on(offsetCommit, async (request) => {
    const next = script.shift() ?? 0
    if (typeof next === 'number' && next !== 0) return answered(request, next)
    for (const { partitions } of request.topics) for (const { committedOffset } of partitions) written.push(committedOffset)
    if (next === 'late') await new Promise<void>((resolve) => void log.cluster.clock.setTimer(60_000, resolve))
    return next === hangUp ? hangUp : answered(request, 0)
  })
  return written
}

function answered({ topics }: OffsetCommitRequest, errorCode: number): OffsetCommitResponseInput {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}

async function member(log: Log, options: Parameters<Log['consumer']>[0] = {}): Promise<Consumer<string, string>> {
  const consumer = log.consumer({ enableAutoCommit: false, ...options })
  await consumer.subscribe(['t'])
  await log.poll(consumer)
  return consumer
}

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined).catch((error: unknown) => error)

function assertLate(error: unknown, message: RegExp, cause: string | undefined): void {
  assert.ok(error instanceof TimeoutError)
  assert.match(error.message, message)
  assert.equal((error.cause as KafkaError | undefined)?.code, cause)
}

describe('commits keep their order', () => {
  it('though answers are lost and the older one has to be tried again', async () => {
    const log = new Log(['a0', 'a1', 'a2'])
    const consumer = await member(log)
    const written = scriptCommits(log, [hangUp, ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS, 'late'])
    const commits = [1, 2, 3].map((offset) =>
      offset === 1 ? consumer.commitSync([{ ...place, offset }]) : consumer.commitAsync([{ ...place, offset }]),
    )
    const third = commits.pop()
    await log.cluster.clock.advance(40_000)
    await Promise.all([...commits, third])
    assert.deepEqual(written, [1, 1, 1, 2, 3])
    await consumer.close()
  })

  it('though the older one was given up by who waited for it', async () => {
    const log = new Log(['a0', 'a1'])
    const consumer = await member(log, { defaultApiTimeoutMs: 2000, requestTimeoutMs: 30_000 })
    const written: number[] = []
    log.cluster.on(offsetCommit, async (request) => {
      const offset = request.topics[0]?.partitions[0]?.committedOffset ?? -1
      if (offset === 1) await new Promise<void>((resolve) => void log.cluster.clock.setTimer(10_000, resolve))
      written.push(offset)
      return answered(request, 0)
    })
    const older = failure(consumer.commitSync([{ ...place, offset: 1 }]))
    await log.cluster.clock.advance(2010)
    assert.ok((await older) instanceof TimeoutError)
    const newer = consumer.commitAsync([{ ...place, offset: 2 }])
    const waiting = failure(consumer.commitSync([{ ...place, offset: 3 }]))
    await log.cluster.clock.advance(2010)
    assert.match(String(await waiting), /an earlier one is still under way/)
    assert.equal(log.cluster.of(offsetCommit).length, 1)
    await log.cluster.clock.advance(10_000)
    await newer
    assert.deepEqual(written, [1, 2])
    await consumer.close()
  })

  it('and one that waits for them too long says what they fail with', async () => {
    const log = new Log(['a0'])
    const consumer = await member(log, { defaultApiTimeoutMs: 2000 })
    scriptCommits(log, [ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS, 'late'])
    const older = failure(consumer.commitSync())
    await log.cluster.clock.advance(1000)
    const newer = failure(consumer.commitSync())
    await log.cluster.clock.advance(2010)
    const loading = /^The commit took longer than 2000 ms: .*COORDINATOR_LOAD_IN_PROGRESS/
    assertLate(await older, loading, 'COORDINATOR_LOAD_IN_PROGRESS')
    assertLate(await newer, /an earlier one is still under way: .*COORDINATOR_LOAD_IN_PROGRESS/, 'COORDINATOR_LOAD_IN_PROGRESS')
    await log.cluster.clock.advance(60_000)
    await consumer.close()
  })

  it('but do not wait for one that was given up before it was written, which never is', async () => {
    const log = new Log(['a0'])
    const consumer = await member(log, { defaultApiTimeoutMs: 2000 })
    const written = scriptCommits(log, [ErrorCodes.NOT_COORDINATOR])
    let isFound = false
    log.cluster.on(findCoordinator, async ({ coordinatorKeys }) => {
      while (!isFound) await new Promise<void>((resolve) => void log.cluster.clock.setTimer(100, resolve))
      return {
        coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: 'fake', port: 9001, errorCode: 0, errorMessage: null })),
      }
    })
    for (const [offset, reason] of [
      [1, 'NOT_COORDINATOR'],
      [2, undefined],
    ] as const) {
      const late = failure(consumer.commitSync([{ ...place, offset }]))
      await log.cluster.clock.advance(2010)
      assertLate(await late, /^The commit took longer than 2000 ms/, reason)
    }
    isFound = true
    const committed = consumer.commitSync([{ ...place, offset: 3 }])
    await log.cluster.clock.advance(1000)
    await committed
    assert.deepEqual(written, [3])
    await consumer.close()
  })

  it('and close waits for them before it leaves', async () => {
    const log = new Log(['a0'])
    const consumer = await member(log)
    const events: string[] = []
    log.cluster.on(leaveGroup, () => {
      events.push('left')
      return { errorCode: 0, members: [] }
    })
    log.cluster.on(offsetCommit, async (request) => {
      await new Promise<void>((resolve) => void log.cluster.clock.setTimer(1000, resolve))
      events.push('committed')
      return answered(request, 0)
    })
    const committed = consumer.commitAsync()
    const closed = consumer.close()
    await log.cluster.clock.advance(1100)
    await Promise.all([committed, closed])
    assert.deepEqual(events, ['committed', 'left'])
  })
})

describe('commitAsync', () => {
  it('tells its callback what was committed, in order, and what failed', async () => {
    const log = new Log(['a0', 'a1'])
    const consumer = await member(log)
    scriptCommits(log, [0, ErrorCodes.OFFSET_METADATA_TOO_LARGE])
    const told: string[] = []
    const tell = (name: string) => (offsets: readonly { offset: number }[], error?: KafkaError) =>
      void told.push(`${name} ${offsets[0]?.offset} ${error?.code ?? 'ok'}`)
    consumer.commitAsync(tell('first'))
    consumer.commitAsync([{ ...place, offset: 1, metadata: 'long' }], tell('second'))
    consumer.commitAsync(undefined, tell('third'))
    await log.cluster.clock.advance(100)
    assert.deepEqual(told, ['first 2 ok', 'second 1 OFFSET_METADATA_TOO_LARGE', 'third 2 ok'])
    await consumer.close()
  })

  it('does not retry, and what the callback throws comes out of poll', async () => {
    const log = new Log(['a0'])
    const consumer = await member(log)
    scriptCommits(log, [ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS])
    const error = await failure(consumer.commitAsync())
    assert.ok(error instanceof BrokerError && error.retriable)
    consumer.commitAsync(() => {
      throw new Error('from the callback')
    })
    await log.cluster.clock.advance(10)
    await assert.rejects(log.poll(consumer), (thrown: Error) => String(thrown.cause).includes('from the callback'))
    await consumer.close()
  })
})

describe('a commit', () => {
  it('of a consumer that is closed is refused', async () => {
    const log = new Log(['a0'])
    const consumer = await member(log)
    await consumer.close()
    const told: (string | undefined)[] = []
    consumer.commitAsync((_, error) => void told.push(error?.code))
    for (const call of [
      () => consumer.commitSync(),
      () => consumer.commitAsync([{ ...place, offset: 1 }]),
      () => consumer.committed([place]),
    ])
      assert.equal(((await failure(call())) as KafkaError).code, 'CLOSED')
    assert.deepEqual(told, ['CLOSED'])
  })

  it('of what is no offset is refused, and nothing of it sent', async () => {
    const log = new Log(['a0'])
    const consumer = await member(log)
    for (const offset of [-5, 1.5, Number.NaN, 2 ** 53]) {
      for (const refused of [consumer.commitSync([{ ...place, offset }]), consumer.commitAsync([{ ...place, offset }])])
        assert.match(String(await failure(refused)), /ConfigError: .* is not an offset/)
      assert.throws(() => consumer.seek({ ...place, offset }), /is not an offset/)
    }
    assert.equal(log.cluster.of(offsetCommit).length, 0)
    await consumer.close()
  })

  it('carries metadata and leader epoch of each partition', async () => {
    const log = new Log(['a0', 'a1'], ['b0'])
    const consumer = await member(log)
    await consumer.commitSync([
      { ...place, offset: 1, metadata: 'half way', leaderEpoch: 7 },
      { topic: 't', partition: 1, offset: 1 },
    ])
    await consumer.commitSync()
    const [given, positions] = log.cluster
      .of(offsetCommit)
      .map(({ topics }) =>
        topics.flatMap(({ partitions }) =>
          partitions.map(({ committedOffset, committedLeaderEpoch, committedMetadata }) => [
            committedOffset,
            committedLeaderEpoch,
            committedMetadata,
          ]),
        ),
      )
    assert.deepEqual(given, [
      [1, 7, 'half way'],
      [1, -1, ''],
    ])
    assert.deepEqual(positions?.map(([offset]) => offset).sort(), [1, 2])
    log.cluster.on(offsetFetch, ({ groups, requireStable }) => ({
      groups: groups.map(({ groupId }) => ({
        groupId,
        topics: [
          {
            name: 't',
            partitions: [
              { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: 7, metadata: requireStable ? 'stable' : '', errorCode: 0 },
              { partitionIndex: 1, committedOffset: -1, metadata: '', errorCode: 0 },
            ],
          },
        ],
      })),
    }))
    assert.deepEqual(await consumer.committed([place, { topic: 't', partition: 1 }]), [
      { ...place, offset: 1, leaderEpoch: 7, metadata: 'stable' },
    ])
    await consumer.close()
  })

  it('counts in the old generation while the others join, and in the new one after, under a cooperative protocol', async () => {
    const log = new Log(['a0', 'a1'])
    const consumer = await member(log, { partitionAssignmentStrategy: ['cooperative-sticky'] })
    const join = log.cluster.of(joinGroup).length
    let letIn = (): void => undefined
    const held = new Promise<void>((resolve) => {
      letIn = resolve
    })
    log.cluster.on(joinGroup, async ({ protocols, memberId }) => {
      await held
      const [first] = protocols
      const members = [{ memberId, metadata: first?.metadata ?? Buffer.alloc(0) }]
      return {
        errorCode: 0,
        generationId: 9,
        protocolName: first?.name ?? '',
        protocolType: 'consumer',
        leader: memberId,
        memberId,
        members,
      }
    })
    log.group.heartbeats.push(ErrorCodes.REBALANCE_IN_PROGRESS)
    await log.cluster.clock.advance(3100)
    await log.poll(consumer)
    assert.equal(log.cluster.of(joinGroup).length, join + 1)
    assert.equal(consumer.assignment().length, 1)
    await consumer.commitSync()
    const generations = (): number[] => log.cluster.of(offsetCommit).map(({ generationIdOrMemberEpoch }) => generationIdOrMemberEpoch)
    const [old] = generations()
    assert.ok(old !== undefined && old < 9)
    letIn()
    await log.poll(consumer)
    await consumer.commitSync()
    assert.deepEqual(generations(), [old, 9])
    await consumer.close()
  })

  it('of a member that is out is refused, though it went while the coordinator was looked up', async () => {
    const log = new Log(['a0'])
    const consumer = await member(log)
    scriptCommits(log, [ErrorCodes.NOT_COORDINATOR])
    log.cluster.on(findCoordinator, async ({ coordinatorKeys }) => {
      await new Promise<void>((resolve) => void log.cluster.clock.setTimer(1000, resolve))
      return {
        coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: 'fake', port: 9001, errorCode: 0, errorMessage: null })),
      }
    })
    const committed = failure(consumer.commitSync())
    await log.cluster.clock.advance(500)
    const unsubscribed = consumer.unsubscribe()
    await log.cluster.clock.advance(5000)
    await unsubscribed
    const error = await committed
    assert.ok(error instanceof BrokerError && error.code === 'UNKNOWN_MEMBER_ID', String(error))
    assert.equal(log.cluster.of(offsetCommit).length, 1)
    await consumer.close()
  })

  for (const [code, advice] of [
    ['UNKNOWN_MEMBER_ID', /another member's by now, to whom the records since the last commit come again; call poll\(\) to rejoin/],
    ['ILLEGAL_GENERATION', /another member's by now/],
    ['REBALANCE_IN_PROGRESS', /nothing was committed; call poll\(\)/],
    ['FENCED_INSTANCE_ID', /another consumer has joined with this group\.instance\.id.*give each instance an id of its own/],
  ] as const) {
    it(`that is refused with ${code} is not tried again, and the error says what to do`, async () => {
      const log = new Log(['a0'])
      const consumer = await member(log, { groupInstanceId: 'i' })
      scriptCommits(log, [ErrorCodes[code]])
      const error = await failure(consumer.commitSync())
      assert.ok(error instanceof BrokerError && error.code === code && !error.retriable, String(error))
      assert.match(error.message, advice)
      assert.equal(log.cluster.of(offsetCommit).length, 1)
      assert.equal(error.fatal, code === 'FENCED_INSTANCE_ID')
      if (error.fatal) await assert.rejects(log.poll(consumer), { code })
      else assert.equal((await log.poll(consumer)).length, 1)
      await consumer.close()
    })
  }

  it('after a heartbeat that was refused with FENCED_INSTANCE_ID is told what to do, and so is poll()', async () => {
    const log = new Log(['a0'])
    const consumer = await member(log, { groupInstanceId: 'i' })
    log.group.heartbeats.push(ErrorCodes.FENCED_INSTANCE_ID)
    await log.cluster.clock.advance(3100)
    for (const attempt of [() => log.poll(consumer), () => consumer.commitSync([{ ...place, offset: 1 }])]) {
      const error = await failure(attempt())
      assert.ok(error instanceof BrokerError && error.code === 'FENCED_INSTANCE_ID' && error.fatal, String(error))
      assert.match(error.message, /another consumer has joined with this group\.instance\.id.*give each instance an id of its own/)
    }
    await consumer.close()
  })

  it('of who took its partitions by hand, into a group that has members, is told that it is none of them', async () => {
    const log = new Log(['a0'])
    const consumer = log.consumer({ enableAutoCommit: false })
    await consumer.assign([{ topic: 't', partition: 0 }])
    await log.poll(consumer)
    scriptCommits(log, [ErrorCodes.UNKNOWN_MEMBER_ID])
    const error = await failure(consumer.commitSync())
    assert.ok(error instanceof BrokerError && error.code === 'UNKNOWN_MEMBER_ID', String(error))
    assert.match(error.message, /took its partitions by assign\(\), is none of them.*a group\.id of its own, or subscribe\(\)/)
    assert.doesNotMatch(error.message, /rejoin|max\.poll/)
    await consumer.close()
  })
})

describe('auto-commit', () => {
  it('tries again soon where that may help, and warns where it does not', async () => {
    const log = new Log(['a0', 'a1', 'a2', 'a3'])
    const warnings: string[] = []
    const consumer = await member(log, {
      enableAutoCommit: true,
      autoCommitIntervalMs: 60_000,
      logger: { warn: (message) => void warnings.push(message) },
    })
    const written = scriptCommits(log, [ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS, 0, ErrorCodes.GROUP_AUTHORIZATION_FAILED])
    await log.cluster.clock.advance(60_000)
    await log.poll(consumer, 10)
    assert.deepEqual(written, [])
    await log.poll(consumer, 200)
    await log.poll(consumer, 10)
    assert.deepEqual(written, [4])
    assert.deepEqual(warnings, [])
    await log.cluster.clock.advance(60_000)
    await failure(log.poll(consumer, 10))
    assert.match(warnings[0] ?? '', /Auto-commit failed, records may come again: .*GROUP_AUTHORIZATION_FAILED/)
    await consumer.close()
  })
})

describe('auto-commit of partitions assigned by hand', () => {
  const other = { topic: 't', partition: 1 }
  for (const [how, letGo] of [
    ['assign() in their place', (consumer: Consumer<string, string>) => consumer.assign([other])],
    ['unsubscribe()', (consumer: Consumer<string, string>) => consumer.unsubscribe()],
    ['assign() of none', (consumer: Consumer<string, string>) => consumer.assign([])],
  ] as const) {
    it(`${how} commits what was read, if it is on`, async () => {
      for (const enableAutoCommit of [true, false]) {
        const log = new Log(['a0', 'a1'], ['b0'])
        const consumer = log.consumer({ enableAutoCommit })
        await consumer.assign([place])
        assert.equal((await log.poll(consumer)).length, 2)
        await letGo(consumer)
        assert.deepEqual([...log.group.committed], enableAutoCommit ? [[0, 2]] : [])
        await consumer.close()
      }
    })
  }
})

describe('consumer interceptors (KIP-42)', () => {
  it('replace what poll returns, learn what is committed, and change nothing when they throw', async () => {
    const log = new Log(['a0', 'b1', 'a2'])
    const seen: string[] = []
    const warnings: string[] = []
    const consumer = await (async () => {
      const created = log.consumer({
        enableAutoCommit: false,
        logger: { warn: (message) => void warnings.push(message) },
        interceptors: [
          {
            onConsume: () => {
              throw new Error('broken')
            },
            onCommit: () => {
              throw new Error('broken')
            },
          },
          {
            onConsume: (records) => records.filter(({ value }) => value?.startsWith('a')),
            onCommit: (offsets) => void seen.push(`committed ${offsets.map(({ offset }) => offset).join()}`),
            close: () => void seen.push('closed'),
          },
          { onConsume: (records) => (seen.push(records.map(({ value }) => value).join()), records) },
        ],
      })
      await created.subscribe(['t'])
      return created
    })()
    const records = await log.poll(consumer)
    assert.deepEqual(
      records.map(({ value }) => value),
      ['a0', 'a2'],
    )
    await consumer.commitSync()
    await consumer.commitAsync()
    await consumer.close()
    assert.deepEqual(seen, ['a0,a2', 'committed 3', 'committed 3', 'closed'])
    assert.equal(warnings.length, 2)
    assert.match(warnings[0] ?? '', /onConsume\(\) of interceptor 0 threw.*broken/)
  })
})
