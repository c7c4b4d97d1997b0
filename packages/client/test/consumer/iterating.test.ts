import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes, leaveGroup } from '@odradek/protocol'
import type { Consumer, ConsumerOptions, ConsumerRecord } from '../../src/index.ts'
import { StateError } from '../../src/index.ts'
import type { FakeCluster } from '../support/fake-cluster.ts'
import { FakeGroup } from '../support/fake-group.ts'
import { FakeLog } from '../support/fake-log.ts'
import { FakePartitions } from '../support/fake-partitions.ts'

type TextConsumer = Consumer<string, string>

/** Two partitions with records, and a group that keeps what is committed. */
function withGroup() {
  const fake = new FakePartitions(2)
  fake.at(0).write('a0', 'a1', 'a2')
  fake.at(1).write('b0', 'b1')
  const { committed } = new FakeGroup(fake.cluster)
  return { fake, offsets: () => [committed.get(0), committed.get(1)] }
}

async function moving<T>(fake: { readonly cluster: FakeCluster }, work: Promise<T>): Promise<T> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  // It may reject before anybody waits for it.
  done.catch(() => undefined)
  while (!isDone) await fake.cluster.clock.advance(1)
  return done
}

describe('iterating', () => {
  const firstFour = async (consumer: TextConsumer, onRecord: (seen: number) => Promise<void> = async () => undefined) => {
    const values: (string | null)[] = []
    for await (const { value } of consumer) {
      values.push(value)
      await onRecord(values.length)
      if (values.length === 4) break
    }
    return values
  }

  it('a loop that is left gives back what it has not reached, and close does not commit it', async () => {
    const { fake, offsets } = withGroup()
    const consumer = await fake.assigned({ groupId: 'g' })
    assert.deepEqual(await moving(fake, firstFour(consumer)), ['a0', 'a1', 'a2', 'b0'])
    assert.equal(await consumer.position({ topic: 't', partition: 1 }), 1)
    assert.deepEqual(await fake.poll(consumer, 600), ['b1'])
    await consumer.close()
    assert.deepEqual(offsets(), [3, 2])
  })

  it('closing right after the loop commits what it had done with: not its last record, unless asked to or polled again', async () => {
    for (const [then, expected] of [
      [async () => undefined, [3, 0]],
      [(consumer: TextConsumer) => consumer.commitSync(), [3, 1]],
      [(consumer: TextConsumer) => consumer.commitSync([{ topic: 't', partition: 1, offset: 1 }]), [3, 1]],
      [(consumer: TextConsumer) => consumer.poll(600), [3, 2]],
    ] as const) {
      const { fake, offsets } = withGroup()
      const consumer = await fake.assigned({ groupId: 'g' })
      await moving(fake, firstFour(consumer))
      await moving<unknown>(fake, then(consumer))
      await moving(fake, consumer.close())
      assert.deepEqual(
        offsets().map((offset) => offset ?? 0),
        expected,
      )
    }
  })

  it('a record whose handler throws is not committed by the close that follows', async () => {
    const { fake, offsets } = withGroup()
    const consumer = await fake.assigned({ groupId: 'g' })
    const failing = firstFour(consumer, async (count) => {
      if (count === 2) throw new Error('cannot handle')
    })
    await assert.rejects(moving(fake, failing), /cannot handle/)
    await moving(fake, consumer.close())
    assert.deepEqual(offsets(), [1, 0])
  })

  it('a commit in the loop covers the record at hand and none that is to come', async () => {
    const { fake, offsets } = withGroup()
    const consumer = await fake.assigned({ groupId: 'g', enableAutoCommit: false })
    const seen: unknown[] = []
    await moving(
      fake,
      firstFour(consumer, async (count) => {
        if (count !== 2) return
        await consumer.commitSync()
        seen.push(offsets())
      }),
    )
    assert.deepEqual(seen, [[2, 0]])
    await consumer.close()
  })

  it('a seek in the loop wins over what is given back', async () => {
    const { fake } = withGroup()
    const consumer = await fake.assigned()
    await moving(
      fake,
      firstFour(consumer, async (count) => {
        if (count === 4) consumer.seek({ topic: 't', partition: 1, offset: 0 })
      }),
    )
    assert.deepEqual(await fake.poll(consumer, 600), ['b0', 'b1'])
    await consumer.close()
  })

  it('a consumer that is closed in the loop hands over no more', async () => {
    const { fake, offsets } = withGroup()
    const consumer = await fake.assigned({ groupId: 'g' })
    const values: (string | null)[] = []
    const loop = async (): Promise<void> => {
      for await (const { value } of consumer) if (values.push(value) === 2) await consumer.close()
    }
    await moving(fake, loop())
    assert.deepEqual(
      [values, offsets()],
      [
        ['a0', 'a1'],
        [1, 0],
      ],
    )
  })

  it('batches are of one partition each, with its end; those not reached are given back', async () => {
    const { fake, offsets } = withGroup()
    const consumer = await fake.assigned({ groupId: 'g' })
    const batches: unknown[] = []
    const loop = async (): Promise<void> => {
      for await (const { topic, partition, records, highWatermark } of consumer.batches()) {
        batches.push([topic, partition, records.map(({ value }) => value), highWatermark])
        break
      }
    }
    await moving(fake, loop())
    assert.deepEqual(batches, [['t', 0, ['a0', 'a1', 'a2'], 3]])
    await moving(fake, loop())
    assert.deepEqual(batches[1], ['t', 1, ['b0', 'b1'], 2])
    await moving(fake, consumer.close())
    assert.deepEqual(offsets(), [3, 0])
  })

  it('a second loop is refused, and harms neither the first nor one that comes after it', async () => {
    const { fake } = withGroup()
    const consumer = await fake.assigned()
    const first = firstFour(consumer, async (count) => {
      if (count !== 1) return
      await assert.rejects(firstFour(consumer), (error) => error instanceof StateError && error.message.includes('already running'))
      await assert.rejects(consumer.batches()[Symbol.asyncIterator]().next(), StateError)
    })
    assert.deepEqual(await moving(fake, first), ['a0', 'a1', 'a2', 'b0'])
    const next = moving(fake, consumer[Symbol.asyncIterator]().next())
    assert.equal(((await next) as IteratorYieldResult<ConsumerRecord<string, string>>).value.value, 'b1')
    await consumer.close()
  })

  it('a loop that poll has failed has ended', async () => {
    const { fake } = withGroup()
    const consumer = fake.consumer()
    await assert.rejects(firstFour(consumer), /Nothing to poll/)
    await consumer.assign([{ topic: 't', partition: 0 }])
    fake.at(0).write('a3')
    assert.deepEqual(await moving(fake, firstFour(consumer)), ['a0', 'a1', 'a2', 'a3'])
    await consumer.close()
  })
})

describe('in a loop, of what has been polled and not handed over', () => {
  const place = { topic: 't', partition: 0 }
  const collect = async (consumer: TextConsumer, enough: number, onRecord: (value: string) => void | Promise<void>): Promise<string[]> => {
    const values: string[] = []
    for await (const { value } of consumer) {
      values.push(value ?? '')
      await onRecord(value ?? '')
      if (values.length === enough) break
    }
    return values
  }

  it('what is paused waits, and comes first when it is resumed', async () => {
    const { fake } = withGroup()
    const consumer = await fake.assigned()
    const positions: number[] = []
    const onRecord = async (value: string): Promise<void> => {
      if (value === 'a0') consumer.pause([place])
      if (value === 'b0') consumer.resume([place])
      if (value === 'b0') positions.push(fake.fetches.length)
      if (value === 'b1') positions.push(fake.fetches.length)
    }
    assert.deepEqual(await moving(fake, collect(consumer, 5, onRecord)), ['a0', 'b0', 'a1', 'a2', 'b1'])
    // It was kept, not fetched again.
    assert.equal(positions[0], positions[1])
    await consumer.close()
  })

  it('what is resumed while the loop waits comes at once; a commit meanwhile does not pass it', async () => {
    const { fake, offsets } = withGroup()
    const consumer = await fake.assigned({ groupId: 'g', enableAutoCommit: false })
    const { clock } = fake.cluster
    let resumedMs = 0
    const onRecord = async (value: string): Promise<void> => {
      if (value === 'a0') consumer.pause([place])
      if (value === 'b1') {
        await consumer.commitSync()
        clock.setTimer(300, () => {
          resumedMs = clock.monotonicMs()
          consumer.resume([place])
        })
      }
      if (value === 'a1') resumedMs = clock.monotonicMs() - resumedMs
    }
    assert.deepEqual(await moving(fake, collect(consumer, 5, onRecord)), ['a0', 'b0', 'b1', 'a1', 'a2'])
    assert.deepEqual(offsets(), [1, 2])
    assert.ok(resumedMs <= 1, String(resumedMs))
    await consumer.close()
  })

  it('what was sought away from is dropped, and what was sought comes', async () => {
    const { fake } = withGroup()
    const consumer = await fake.assigned()
    let isBack = false
    const onRecord = (value: string): void => {
      if (value !== 'a1' || isBack) return
      isBack = true
      consumer.seek({ ...place, offset: 0 })
    }
    assert.deepEqual(await moving(fake, collect(consumer, 7, onRecord)), ['a0', 'a1', 'b0', 'b1', 'a0', 'a1', 'a2'])
    const toEnd = async (value: string): Promise<void> => {
      if (value !== 'a0') return
      consumer.seekToEnd([place])
      fake.at(0).write('a3')
    }
    consumer.seekToBeginning()
    await moving(fake, consumer.position(place))
    assert.deepEqual((await moving(fake, collect(consumer, 3, toEnd))).sort(), ['a0', 'b0', 'b1'])
    await consumer.close()
  })

  it('what was assigned before is dropped, though it is assigned again', async () => {
    const { fake } = withGroup()
    const consumer = await fake.assigned()
    let isNew = false
    const onRecord = async (value: string): Promise<void> => {
      if (value !== 'a1' || isNew) return
      isNew = true
      await consumer.unsubscribe()
      await consumer.assign([place])
    }
    assert.deepEqual(await moving(fake, collect(consumer, 5, onRecord)), ['a0', 'a1', 'a0', 'a1', 'a2'])
    await consumer.close()
  })
})

describe('a member that iterates', () => {
  /** What is handed over and what the listener is told, in order. The handler of a0, the first of four records, may take its time. */
  async function run(
    options: ConsumerOptions<string, string>,
    onFirst: (log: FakeLog, consumer: TextConsumer) => Promise<void>,
    onOthers: (log: FakeLog) => Promise<void> = async () => undefined,
  ): Promise<{ log: FakeLog; events: string[] }> {
    const log = new FakeLog(['a0', 'a1', 'a2', 'a3'])
    const consumer = log.consumer(options)
    const events: string[] = []
    await consumer.subscribe(['t'], {
      onRevoked: () => void events.push(`revoked, committed ${log.group.committed.get(0)}`),
      onLost: () => void events.push('lost'),
    })
    const loop = async (): Promise<void> => {
      for await (const { value } of consumer) {
        events.push(value ?? '')
        if (events.length === 1) await onFirst(log, consumer)
        else await onOthers(log)
        if (value === 'a3' || events.length > 20) break
      }
    }
    await moving(log, loop())
    await moving(log, consumer.close())
    return { log, events: events.slice(0, events.indexOf('a3')) }
  }
  const sleep = ({ cluster }: FakeLog, ms: number): Promise<void> => new Promise((resolve) => void cluster.clock.setTimer(ms, resolve))

  it('lets go of its partitions between two records, and commits those that it is done with', async () => {
    const { events } = await run({ heartbeatIntervalMs: 100 }, async (log) => {
      log.group.heartbeats.push(ErrorCodes.REBALANCE_IN_PROGRESS)
      await sleep(log, 200)
    })
    assert.deepEqual(events, ['a0', 'revoked, committed 1', 'a1', 'a2'])
  })

  it('is handed nothing more once it is out', async () => {
    const { events } = await run({ heartbeatIntervalMs: 100, enableAutoCommit: false }, async (log) => {
      log.group.heartbeats.push(ErrorCodes.UNKNOWN_MEMBER_ID)
      await sleep(log, 200)
    })
    assert.deepEqual(events, ['a0', 'lost', 'a0', 'a1', 'a2'])
  })

  it('is out when a turn takes longer than max.poll.interval.ms', async () => {
    const { events, log } = await run({ maxPollIntervalMs: 1000, enableAutoCommit: false }, (fake) => sleep(fake, 1100))
    assert.deepEqual(events, ['a0', 'lost', 'a0', 'a1', 'a2'])
    assert.equal(log.cluster.of(leaveGroup)[0]?.members[0]?.reason, 'consumer poll timeout has expired.')
  })

  it('is alive while each turn takes less than that', async () => {
    const slow = (log: FakeLog): Promise<void> => sleep(log, 600)
    const { events } = await run({ maxPollIntervalMs: 1000 }, slow, slow)
    assert.deepEqual(events, ['a0', 'a1', 'a2'])
  })

  it('hands nothing over after a standstill before its membership is confirmed', async () => {
    const { events } = await run({ heartbeatIntervalMs: 100, sessionTimeoutMs: 10_000, enableAutoCommit: false }, async (log) => {
      await sleep(log, 200)
      log.cluster.clock.sleep(20_000)
      log.group.heartbeats.push(ErrorCodes.UNKNOWN_MEMBER_ID)
    })
    assert.deepEqual(events, ['a0', 'lost', 'a0', 'a1', 'a2'])
  })

  it('that unsubscribes is handed nothing more', async () => {
    const log = new FakeLog(['a0', 'a1', 'a2'])
    const consumer = log.consumer()
    await consumer.subscribe(['t'])
    const values: (string | null)[] = []
    const loop = async (): Promise<void> => {
      for await (const { value } of consumer) if (values.push(value) === 1) await consumer.unsubscribe()
    }
    await assert.rejects(moving(log, loop()), /Nothing to poll/)
    assert.deepEqual(values, ['a0'])
    await consumer.close()
  })
})
