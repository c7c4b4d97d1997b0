import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConsumerRecord, OffsetToCommit, OnceStore } from '../../src/index.ts'
import { handleOnce } from '../../src/index.ts'
import { FakeLog as Log } from '../support/fake-log.ts'

interface Tables {
  readonly ids: Set<string>
  readonly effects: string[]
  readonly offsets: Map<number, OffsetToCommit>
}

/** A database in memory: a transaction works on a copy. */
class MemoryStore implements OnceStore<Tables> {
  tables: Tables = { ids: new Set(), effects: [], offsets: new Map() }

  async transaction<R>(work: (tx: Tables) => Promise<R>): Promise<R> {
    const copy = structuredClone(this.tables)
    const result = await work(copy)
    this.tables = copy
    return result
  }

  claim({ ids }: Tables, id: string): Promise<boolean> {
    const isNew = !ids.has(id)
    ids.add(id)
    return Promise.resolve(isNew)
  }

  saveOffset({ offsets }: Tables, next: OffsetToCommit): Promise<void> {
    offsets.set(next.partition, next)
    return Promise.resolve()
  }
}

const note = (record: ConsumerRecord<string, string>, { effects }: Tables): void => void effects.push(record.value ?? '')

async function read(log: Log): Promise<readonly ConsumerRecord<string, string>[]> {
  const consumer = log.consumer()
  await consumer.assign([{ topic: 't', partition: 0 }])
  const records = await log.poll(consumer)
  await consumer.close()
  return records
}

describe('handleOnce', () => {
  it('handles a record that comes again once, and keeps where to go on with the effect', async () => {
    const store = new MemoryStore()
    const once = handleOnce({ store, handle: note })
    const records = await read(new Log(['a0', 'a1']))
    const handled = []
    for (const record of [...records, ...records]) handled.push(await once(record))
    assert.deepEqual(handled, [true, true, false, false])
    assert.deepEqual(store.tables.effects, ['a0', 'a1'])
    assert.deepEqual(store.tables.offsets.get(0), { topic: 't', partition: 0, offset: 2, leaderEpoch: -1 })
  })

  it('keeps nothing of a record whose handler fails, which can be tried again', async () => {
    const store = new MemoryStore()
    let fails = true
    const once = handleOnce({
      store,
      handle: (record: ConsumerRecord<string, string>, tx: Tables) => {
        note(record, tx)
        if (fails) throw new Error('half way')
      },
    })
    const [record] = await read(new Log(['a0']))
    assert.ok(record !== undefined)
    await assert.rejects(once(record), /half way/)
    assert.deepEqual(store.tables, { ids: new Set(), effects: [], offsets: new Map() })
    fails = false
    assert.equal(await once(record), true)
    assert.deepEqual(store.tables.effects, ['a0'])
  })

  it('knows by its own id what a producer has sent twice', async () => {
    const store = new MemoryStore()
    const once = handleOnce({ store, handle: note, idOf: ({ value }: ConsumerRecord<string, string>) => value ?? '' })
    for (const record of await read(new Log(['order 7', 'order 8', 'order 7']))) await once(record)
    assert.deepEqual(store.tables.effects, ['order 7', 'order 8'])
    assert.deepEqual([...store.tables.ids], ['order 7', 'order 8'])
  })
})
