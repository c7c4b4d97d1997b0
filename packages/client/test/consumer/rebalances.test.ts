import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  describeGroups,
  ErrorCodes,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  syncGroup,
} from '@odradek/protocol'
import type { Assignor, Consumer, ConsumerOptions, RebalanceListener, TopicPartition } from '../../src/index.ts'
import { BrokerError, ConfigError, createAssignor, KafkaError, ProtocolError, TimeoutError } from '../../src/index.ts'
import { FakeLog } from '../support/fake-log.ts'

const COOPERATIVE = { partitionAssignmentStrategy: ['cooperative-sticky'], enableAutoCommit: false } satisfies ConsumerOptions<
  string,
  string
>
const byText = (left: string | null, right: string | null): number => (left ?? '').localeCompare(right ?? '')
const numbers = (partitions: readonly TopicPartition[]): number[] => partitions.map(({ partition }) => partition)

/** A group whose leader is somebody else: the partitions that this member is given are set by the test. */
class Group {
  readonly log: FakeLog
  readonly events: string[] = []
  readonly warnings: string[] = []
  given: number[]
  /** Joins wait for this. */
  gate: Promise<void> = Promise.resolve()

  constructor(log: FakeLog, given: number[]) {
    this.log = log
    this.given = given
    log.cluster.on(joinGroup, async ({ memberId, protocols }) => {
      if (memberId === '') return { errorCode: ErrorCodes.MEMBER_ID_REQUIRED, protocolName: null, leader: '', memberId: 'm1', members: [] }
      await this.gate
      return {
        errorCode: 0,
        generationId: ++log.group.generation,
        protocolName: protocols[0]?.name ?? '',
        protocolType: 'consumer',
        leader: 'another',
        memberId,
        members: [],
      }
    })
    log.cluster.on(syncGroup, () => {
      const assignedPartitions = this.given.length === 0 ? [] : [{ topic: 't', partitions: this.given }]
      return { errorCode: 0, assignment: consumerProtocolAssignment.encode({ assignedPartitions, userData: null }) }
    })
  }

  async join(options: ConsumerOptions<string, string>, listener: RebalanceListener = {}): Promise<Consumer<string, string>> {
    const consumer = this.log.consumer({ logger: { warn: (line) => void this.warnings.push(line) }, ...options })
    const note =
      (what: 'onAssigned' | 'onRevoked' | 'onLost') =>
      async (partitions: readonly TopicPartition[]): Promise<void> => {
        this.events.push(`${what} ${numbers(partitions).join()}`)
        await listener[what]?.(partitions)
      }
    await consumer.subscribe(['t'], { onAssigned: note('onAssigned'), onRevoked: note('onRevoked'), onLost: note('onLost') })
    return consumer
  }

  /** The next heartbeat learns of a rebalance. */
  async rebalance(given: number[]): Promise<void> {
    this.given = given
    this.log.group.heartbeats.push(ErrorCodes.REBALANCE_IN_PROGRESS)
    await this.log.cluster.clock.advance(3100)
  }

  /** What the member said it had, join by join. */
  get claims(): number[][] {
    return this.log.cluster
      .of(joinGroup)
      .map(({ protocols }) =>
        consumerProtocolSubscription
          .decode(protocols[0]?.metadata ?? Buffer.alloc(0))
          .ownedPartitions.flatMap(({ partitions }) => partitions),
      )
  }
}

describe('a cooperative rebalance', () => {
  it('takes away what moves, and joins again without it', async () => {
    const group = new Group(new FakeLog(['a0'], ['b0']), [0, 1])
    const consumer = await group.join(COOPERATIVE)
    await group.log.poll(consumer)
    await group.rebalance([1])
    await group.log.poll(consumer)
    assert.deepEqual(group.events, ['onAssigned 0,1', 'onRevoked 0', 'onAssigned ', 'onAssigned '])
    assert.deepEqual(group.claims, [[], [], [0, 1], [1]])
    assert.deepEqual(
      group.log.cluster.of(joinGroup).map(({ reason }) => reason),
      ['', 'need to re-join with the given member-id: m1', 'group is already rebalancing', 'need to revoke partitions and re-join'],
    )
    assert.deepEqual(numbers(consumer.assignment()), [1])
    await consumer.close()
  })

  it('hands over records of what it keeps while it joins', async () => {
    const group = new Group(new FakeLog(['a0'], ['b0']), [0, 1])
    const consumer = await group.join(COOPERATIVE)
    await group.log.poll(consumer)
    await group.log.poll(consumer)
    let open = (): void => undefined
    group.gate = new Promise((resolve) => {
      open = resolve
    })
    await group.rebalance([1])
    await group.log.poll(consumer)
    assert.equal(group.log.cluster.of(joinGroup).length, 3)
    group.log.partitions[0]?.push('a1')
    group.log.partitions[1]?.push('b1')
    const values = (await group.log.poll(consumer, 2000)).map(({ value }) => value)
    values.push(...(await group.log.poll(consumer, 2000)).map(({ value }) => value))
    assert.deepEqual(values.sort(byText), ['a1', 'b1'])
    assert.deepEqual(group.events, ['onAssigned 0,1'])
    open()
    group.log.partitions[0]?.push('a2')
    group.log.partitions[1]?.push('b2')
    const later = [...(await group.log.poll(consumer, 2000)), ...(await group.log.poll(consumer, 2000))]
    assert.deepEqual(
      later.map(({ value }) => value),
      ['b2'],
    )
    await consumer.close()
  })

  it('keeps positions and pauses of what stays, and commits what goes', async () => {
    const group = new Group(new FakeLog(['a0', 'a1'], ['b0', 'b1']), [0, 1])
    const consumer = await group.join({ ...COOPERATIVE, enableAutoCommit: true, autoCommitIntervalMs: 1_000_000 })
    await group.log.poll(consumer)
    await group.log.poll(consumer)
    consumer.pause([{ topic: 't', partition: 1 }])
    consumer.seek({ topic: 't', partition: 1, offset: 1 })
    await group.rebalance([1])
    await group.log.poll(consumer)
    assert.equal(group.log.group.committed.get(0), 2)
    assert.deepEqual(numbers(consumer.paused()), [1])
    assert.equal(await consumer.position({ topic: 't', partition: 1 }), 1)
    await consumer.close()
  })

  for (const [errorCode, name] of [
    [ErrorCodes.UNKNOWN_MEMBER_ID, 'UNKNOWN_MEMBER_ID'],
    [ErrorCodes.ILLEGAL_GENERATION, 'ILLEGAL_GENERATION'],
  ] as const) {
    it(`loses everything on ${name}, and claims nothing when it joins again`, async () => {
      const group = new Group(new FakeLog(['a0'], ['b0']), [0, 1])
      const consumer = await group.join(COOPERATIVE)
      await group.log.poll(consumer)
      group.log.group.heartbeats.push(errorCode)
      await group.log.cluster.clock.advance(3100)
      await group.log.poll(consumer)
      assert.deepEqual(group.events, ['onAssigned 0,1', 'onLost 0,1', 'onAssigned 0,1'])
      assert.deepEqual(group.claims.at(-1), [])
      assert.ok(group.log.cluster.of(joinGroup).some(({ reason }) => reason === `encountered ${name}`))
      await consumer.close()
    })
  }

  it('gives up topics that are no longer subscribed to before it joins', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    group.log.cluster.topics.set('u', [1])
    const consumer = await group.join(COOPERATIVE)
    await group.log.poll(consumer)
    group.given = []
    await consumer.subscribe(['u'], { onRevoked: (partitions) => void group.events.push(`before joining: ${numbers(partitions).join()}`) })
    await group.log.poll(consumer)
    assert.deepEqual(group.events, ['onAssigned 0', 'before joining: 0'])
    assert.deepEqual(group.claims.at(-1), [])
    assert.equal(group.log.cluster.of(joinGroup).at(-1)?.reason, 'subscription has changed')
    await consumer.close()
  })

  it('throws what a listener throws, and goes on all the same', async () => {
    const group = new Group(new FakeLog(['a0'], ['b0']), [0, 1])
    const consumer = await group.join(COOPERATIVE, { onRevoked: () => Promise.reject(new Error('cannot let go')) })
    await group.log.poll(consumer)
    await group.rebalance([1])
    await assert.rejects(group.log.poll(consumer), /cannot let go/)
    await group.log.poll(consumer)
    assert.deepEqual(numbers(consumer.assignment()), [1])
    assert.deepEqual(group.claims.at(-1), [1])
    await assert.rejects(consumer.close(), /cannot let go/)
    assert.equal(group.log.cluster.of(leaveGroup).length, 1)
  })

  it('lets a listener commit and seek', async () => {
    const group = new Group(new FakeLog(['a0', 'a1'], ['b0', 'b1']), [0, 1])
    const consumer: Consumer<string, string> = await group.join(COOPERATIVE, {
      onRevoked: () => consumer.commitSync([{ topic: 't', partition: 0, offset: 1, metadata: 'last words' }]),
      onAssigned: (partitions) => {
        for (const partition of partitions) consumer.seek({ ...partition, offset: 1 })
      },
    })
    const read = [...(await group.log.poll(consumer)), ...(await group.log.poll(consumer))].map(({ value }) => value)
    assert.deepEqual(read.sort(byText), ['a1', 'b1'])
    await group.rebalance([1])
    await group.log.poll(consumer)
    assert.equal(group.log.group.committed.get(0), 1)
    const { generationIdOrMemberEpoch, memberId } = group.log.cluster.of(offsetCommit)[0] ?? {}
    assert.deepEqual([generationIdOrMemberEpoch, memberId], [2, 'm1'])
    await consumer.close()
  })
})

describe('a leader under cooperative-sticky', () => {
  /** A static member that has been restarted: the group as it leads it, and what the coordinator says that the other has. */
  async function lead(othersPartitions: number[], skipAssignment: boolean): Promise<[FakeLog, Consumer<string, string>]> {
    const log = new FakeLog(['a0'], ['b0'])
    const encode = (partitions: number[]): Buffer =>
      consumerProtocolAssignment.encode({ assignedPartitions: [{ topic: 't', partitions }], userData: null })
    const member = { groupInstanceId: 'i2', clientId: 'c', clientHost: 'h', memberMetadata: Buffer.alloc(0) }
    log.cluster.on(joinGroup, ({ protocols }) => ({
      errorCode: 0,
      generationId: ++log.group.generation,
      protocolName: 'cooperative-sticky',
      protocolType: 'consumer',
      leader: 'm1',
      memberId: 'm1',
      skipAssignment,
      members: [{ memberId: 'm1', groupInstanceId: 'i1', metadata: protocols[0]?.metadata ?? Buffer.alloc(0) }],
    }))
    log.cluster.on(syncGroup, () => ({ errorCode: 0, assignment: encode([0]) }))
    log.cluster.on(describeGroups, () => ({
      groups: [
        {
          errorCode: 0,
          groupId: 'g',
          groupState: 'Stable',
          protocolType: 'consumer',
          protocolData: 'cooperative-sticky',
          members: [
            { ...member, memberId: 'm1', memberAssignment: encode([0]) },
            { ...member, memberId: 'm2', memberAssignment: encode(othersPartitions) },
          ],
        },
      ],
    }))
    const consumer = log.consumer({ ...COOPERATIVE, groupInstanceId: 'i1', sessionTimeoutMs: 10_000 })
    await consumer.subscribe(['t'])
    await log.poll(consumer)
    return [log, consumer]
  }

  for (const skipAssignment of [false, true]) {
    it(`${skipAssignment ? 'that has come back ' : ''}shares partitions out anew that are left without an owner, in time`, async () => {
      const [log, consumer] = await lead([], skipAssignment)
      await log.poll(consumer, 9000)
      assert.equal(log.cluster.of(joinGroup).length, 1)
      await log.poll(consumer, 6000)
      await log.poll(consumer)
      assert.equal(log.cluster.of(joinGroup)[1]?.reason, 'partitions are left without an owner')
      await consumer.close()
    })

    it(`${skipAssignment ? 'that has come back ' : ''}leaves a group alone in which each has one, and asks once`, async () => {
      const [log, consumer] = await lead([1], skipAssignment)
      await log.poll(consumer, 60_000)
      assert.deepEqual([log.cluster.of(joinGroup).length, log.cluster.of(describeGroups).length], [1, 1])
      await consumer.close()
    })
  }
})

describe('an eager rebalance', () => {
  it('gives up everything before it joins, and is told of everything afterwards', async () => {
    const group = new Group(new FakeLog(['a0'], ['b0']), [0, 1])
    // The common denominator of both is eager.
    const consumer = await group.join({ partitionAssignmentStrategy: ['cooperative-sticky', 'range'] })
    await group.log.poll(consumer)
    await group.rebalance([1])
    await group.log.poll(consumer)
    assert.deepEqual(group.events, ['onAssigned 0,1', 'onRevoked 0,1', 'onAssigned 1'])
    assert.deepEqual(group.claims.at(-1), [])
    await consumer.close()
  })

  it('joins without waiting for poll() when there is nothing to give up', async () => {
    const group = new Group(new FakeLog(['a0']), [])
    const consumer = await group.join({})
    await group.log.poll(consumer)
    await group.rebalance([0])
    assert.equal(group.log.cluster.of(joinGroup).length, 3)
    await group.log.poll(consumer)
    assert.deepEqual(group.events, ['onAssigned ', 'onAssigned 0'])
    await consumer.close()
  })

  it('does not take what it has unsubscribed from while it joined', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    group.log.cluster.topics.set('u', [1])
    const consumer = await group.join({})
    await group.log.cluster.clock.advance(50)
    await consumer.subscribe(['u'], { onAssigned: (partitions) => void group.events.push(`u: ${numbers(partitions).join()}`) })
    group.given = []
    await group.log.poll(consumer)
    assert.deepEqual(group.events, ['u: '])
    await consumer.close()
  })
})

describe('close() and listeners', () => {
  const never = (): Promise<void> => new Promise(() => undefined)

  it('waits for the one that runs, which may commit, before it calls the next', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    const { clock } = group.log.cluster
    const consumer: Consumer<string, string> = await group.join(COOPERATIVE, {
      onAssigned: async () => {
        await new Promise<void>((resolve) => void clock.setTimer(800, resolve))
        await consumer.commitSync([{ topic: 't', partition: 0, offset: 1 }])
        group.events.push('done')
      },
    })
    const polled = consumer.poll(5000)
    await clock.advance(500)
    const closed = consumer.close().then(() => group.events.push('closed'))
    await clock.advance(500)
    await closed
    assert.deepEqual(group.events, ['onAssigned 0', 'done', 'onRevoked 0', 'closed'])
    assert.equal(group.log.group.committed.get(0), 1)
    assert.deepEqual(await polled, [])
  })

  it('ends in time though a listener does not, and leaves the group', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    const consumer = await group.join(COOPERATIVE, { onRevoked: never })
    await group.log.poll(consumer)
    const closed = consumer.close({ timeoutMs: 1000 }).catch((error: unknown) => error)
    await group.log.cluster.clock.advance(1010)
    assert.ok((await closed) instanceof TimeoutError)
    assert.equal(group.log.cluster.of(leaveGroup).length, 1)
    await group.log.cluster.clock.advance(1000)
    assert.equal(group.log.cluster.openSockets, 0)
  })

  it('does not call one while another hangs', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    const consumer = await group.join(COOPERATIVE, { onAssigned: never })
    consumer.poll(5000).catch(() => undefined)
    await group.log.cluster.clock.advance(500)
    const closed = consumer.close({ timeoutMs: 1000 }).catch((error: unknown) => error)
    await group.log.cluster.clock.advance(1010)
    assert.ok((await closed) instanceof TimeoutError)
    assert.deepEqual(group.events, ['onAssigned 0'])
    assert.equal(group.log.cluster.of(leaveGroup).length, 1)
  })

  it('unsubscribing is done with though a listener throws', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    const consumer = await group.join(COOPERATIVE, { onRevoked: () => Promise.reject(new Error('cannot let go')) })
    await group.log.poll(consumer)
    await assert.rejects(consumer.unsubscribe(), /cannot let go/)
    assert.deepEqual([consumer.subscription(), consumer.assignment()], [[], []])
    await consumer.assign([{ topic: 't', partition: 0 }])
    await consumer.close()
  })
})

describe('what a member says', () => {
  it('its rack, for the assignor', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    const consumer = await group.join({ clientRack: 'r1' })
    await group.log.poll(consumer)
    const { metadata = Buffer.alloc(0) } = group.log.cluster.of(joinGroup)[0]?.protocols[0] ?? {}
    assert.equal(consumerProtocolSubscription.decode(metadata).rackId, 'r1')
    await consumer.close()
  })

  it('that it is idle, once an assignment', async () => {
    const group = new Group(new FakeLog(['a0']), [])
    const consumer = await group.join({})
    await group.log.poll(consumer, 20_000)
    assert.equal(group.warnings.length, 1)
    assert.match(group.warnings[0] ?? '', /^Group 'g' has no partition for this member \(m1\): it is idle\./)
    await group.rebalance([])
    await group.log.poll(consumer, 20_000)
    assert.equal(group.warnings.length, 2)
    await group.rebalance([0])
    await group.log.poll(consumer, 20_000)
    assert.equal(group.warnings.length, 2)
    await consumer.close()
  })

  it('under the cooperative protocol not before others have had time to let go of what is to be its own', async () => {
    const group = new Group(new FakeLog(['a0'], ['b0']), [])
    const consumer = await group.join(COOPERATIVE)
    await group.log.poll(consumer, 20_000)
    await group.rebalance([1])
    await group.log.poll(consumer, 20_000)
    assert.deepEqual([numbers(consumer.assignment()), group.warnings], [[1], []])
    await group.rebalance([])
    await group.log.poll(consumer, 40_000)
    assert.equal(group.warnings.length, 1)
    await consumer.close()
  })

  it('that it was away too long, and what to change; then it can neither commit nor is given more until it has joined again', async () => {
    const group = new Group(new FakeLog(['a0'], ['b0', 'b1']), [0, 1])
    const consumer = await group.join({ maxPollIntervalMs: 10_000, maxPollRecords: 1, enableAutoCommit: false })
    await group.log.poll(consumer)
    await group.log.cluster.clock.advance(11_000)
    assert.match(group.warnings[0] ?? '', /max\.poll\.interval\.ms \(10000 ms\).*leaves the group.*max\.poll\.records/)
    assert.equal(group.log.cluster.of(leaveGroup)[0]?.members[0]?.reason, 'consumer poll timeout has expired.')
    const error = await consumer.commitSync().catch((reason: unknown) => reason)
    assert.ok(error instanceof BrokerError && error.code === 'UNKNOWN_MEMBER_ID')
    group.given = []
    assert.deepEqual(await group.log.poll(consumer), [])
    assert.deepEqual(group.events, ['onAssigned 0,1', 'onLost 0,1', 'onAssigned '])
    await consumer.close()
  })

  it('that it leaves, and gets nothing of what it has fetched while the answer is on its way', async () => {
    const group = new Group(new FakeLog(['a0', 'a1']), [0])
    const consumer = await group.join({ maxPollIntervalMs: 10_000, maxPollRecords: 1, enableAutoCommit: false })
    await group.log.poll(consumer)
    group.log.cluster.on(leaveGroup, async () => {
      await new Promise<void>((resolve) => void group.log.cluster.clock.setTimer(2000, resolve))
      return { errorCode: 0, members: [] }
    })
    await group.log.cluster.clock.advance(11_000)
    assert.deepEqual(await group.log.poll(consumer, 100), [])
    assert.deepEqual(group.events, ['onAssigned 0'])
    await group.log.poll(consumer, 2000)
    assert.deepEqual(group.events, ['onAssigned 0', 'onLost 0', 'onAssigned 0'])
    const closed = consumer.close()
    await group.log.cluster.clock.advance(2100)
    await closed
  })

  it('as a static member it merely stops its heartbeats, and takes its place again', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    group.log.cluster.on(joinGroup, ({ groupInstanceId, protocols }) => ({
      errorCode: 0,
      generationId: 1,
      protocolName: protocols[0]?.name ?? '',
      protocolType: 'consumer',
      leader: 'another',
      memberId: `${groupInstanceId}-${group.log.cluster.of(joinGroup).length}`,
      members: [],
    }))
    const consumer = await group.join({ groupInstanceId: 'i1', maxPollIntervalMs: 10_000 })
    await group.log.poll(consumer)
    await group.log.cluster.clock.advance(11_000)
    assert.match(group.warnings[0] ?? '', /stops its heartbeats/)
    const beats = group.log.cluster.of(heartbeat).length
    await group.log.cluster.clock.advance(30_000)
    assert.equal(group.log.cluster.of(heartbeat).length, beats)
    await group.log.poll(consumer)
    assert.deepEqual(group.events, ['onAssigned 0', 'onLost 0', 'onAssigned 0'])
    assert.deepEqual(
      group.log.cluster.of(joinGroup).map(({ memberId }) => memberId),
      ['', ''],
    )
    await consumer.close()
    assert.equal(group.log.cluster.of(leaveGroup).length, 0)
  })

  it('the answer to a join that it has given up is not the answer to the next one', async () => {
    const group = new Group(new FakeLog(['a0']), [0])
    const { cluster } = group.log
    const gates: (() => void)[] = []
    const joins = (): number => cluster.of(joinGroup).length
    cluster.on(joinGroup, async ({ protocols }) => {
      const number = joins()
      if (number > 1) await new Promise<void>((resolve) => void gates.push(resolve))
      return {
        errorCode: 0,
        generationId: number,
        protocolName: protocols[0]?.name ?? '',
        protocolType: 'consumer',
        leader: 'another',
        memberId: `i1-${number}`,
        members: [],
      }
    })
    const consumer = await group.join({ ...COOPERATIVE, groupInstanceId: 'i1', maxPollIntervalMs: 10_000 })
    await group.log.poll(consumer)
    await group.rebalance([0])
    await group.log.poll(consumer)
    assert.equal(joins(), 2)
    await cluster.clock.advance(11_000)
    await group.log.poll(consumer)
    assert.equal(joins(), 3)
    const [givenUp, latest] = gates
    givenUp?.()
    await group.log.poll(consumer)
    assert.deepEqual(group.events, ['onAssigned 0', 'onLost 0'])
    latest?.()
    await group.log.poll(consumer)
    assert.deepEqual(group.events, ['onAssigned 0', 'onLost 0', 'onAssigned 0'])
    assert.deepEqual(
      cluster.of(syncGroup).map(({ memberId }) => memberId),
      ['i1-1', 'i1-3'],
    )
    await consumer.close()
  })
})

describe('an assignor of one’s own', () => {
  const everythingToOne = (over: Partial<Assignor>): Assignor => ({
    protocolName: 'mine',
    assign: (topics, members) => {
      const partitions = [...topics].flatMap(([topic, list]) => list.map((_, partition) => ({ topic, partition })))
      return new Map(members.slice(0, 1).map(({ memberId, userData }) => [memberId, { partitions, userData }]))
    },
    ...over,
  })

  it('sends its user data along, and is told what came of it', async () => {
    const told: unknown[] = []
    const log = new FakeLog(['a0'])
    const mine = everythingToOne({
      subscriptionUserData: (topics) => Buffer.from(topics.join()),
      onAssignment: ({ partitions, userData }, generationId) => told.push([numbers(partitions), String(userData), generationId]),
    })
    const consumer = log.consumer({ assignors: [mine, 'range'] })
    await consumer.subscribe(['t'])
    await log.poll(consumer)
    assert.deepEqual(told, [[[0], 't', 1]])
    assert.deepEqual(
      log.cluster.of(joinGroup)[0]?.protocols.map(({ name }) => name),
      ['mine', 'range'],
    )
    await consumer.close()
  })

  it('that gives a partition twice, or away too early, ends the membership', async () => {
    const twice = everythingToOne({
      assign: (_, members) =>
        new Map(
          members.map(({ memberId }) => [
            memberId,
            {
              partitions: [
                { topic: 't', partition: 0 },
                { topic: 't', partition: 0 },
              ],
            },
          ]),
        ),
    })
    const log = new FakeLog(['a0'])
    const consumer = log.consumer({ assignors: [twice] })
    await consumer.subscribe(['t'])
    const error = await log.poll(consumer).catch((reason: unknown) => reason)
    assert.ok(error instanceof KafkaError && /'mine' has given t-0 to two members/.test(error.message))
    await consumer.close()
  })

  for (const [what, given, message] of [
    [
      'a topic that nobody subscribes to',
      { topic: 'u', partition: 0 },
      /'mine' has given u-0 to m1, which does not subscribe to that topic/,
    ],
    ['a partition that does not exist', { topic: 't', partition: 4 }, /'mine' has given t-4 to m1, a partition that does not exist/],
  ] as const) {
    it(`that gives away ${what} ends the membership`, async () => {
      const assign: Assignor['assign'] = (_, members) => new Map(members.map(({ memberId }) => [memberId, { partitions: [given] }]))
      const log = new FakeLog(['a0'])
      log.cluster.topics.set('u', [1])
      const consumer = log.consumer({ assignors: [everythingToOne({ assign })] })
      await consumer.subscribe(['t'])
      await assert.rejects(log.poll(consumer), (error) => error instanceof ProtocolError && message.test(error.message))
      assert.equal(log.group.generation, 1)
      await consumer.close()
    })
  }

  for (const name of ['assign', 'subscriptionUserData'] as const) {
    it(`that throws is named (${name})`, async () => {
      const oops = (): never => {
        throw new TypeError('oops')
      }
      const log = new FakeLog(['a0'])
      const consumer = log.consumer({ assignors: [everythingToOne({ [name]: oops })] })
      await consumer.subscribe(['t'])
      const error = await log.poll(consumer).catch((reason: unknown) => reason)
      assert.ok(error instanceof ProtocolError && error.cause instanceof TypeError)
      assert.equal(error.message, "The assignor 'mine' has thrown TypeError: oops")
      await consumer.close()
    })
  }

  it('has to share a rebalance protocol with the others, and its name with none', () => {
    const log = new FakeLog(['a0'])
    const cooperative = everythingToOne({ rebalanceProtocols: ['cooperative'] })
    assert.throws(() => log.consumer({ assignors: [cooperative, 'range'] }), /no rebalance protocol in common/)
    assert.throws(() => log.consumer({ assignors: [] }), ConfigError)
    assert.throws(() => log.consumer({ assignors: ['sticky', createAssignor('sticky')] }), /has 'sticky' twice/)
    assert.throws(() => log.consumer({ assignors: ['sticky'], partitionAssignmentStrategy: ['sticky'] }), /either/)
  })
})
