import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Consumer } from '../../src/index.ts'
import { FakeGroup } from '../support/fake-group.ts'
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

async function moving<T>(fake: FakePartitions, work: Promise<T>): Promise<T> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
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

  it('closing right after the break commits what the loop was given', async () => {
    const { fake, offsets } = withGroup()
    const consumer = await fake.assigned({ groupId: 'g' })
    await moving(fake, firstFour(consumer))
    await moving(fake, consumer.close())
    assert.deepEqual(offsets(), [3, 1])
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
        [2, 0],
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
    assert.deepEqual(offsets(), [3, 2])
  })
})
