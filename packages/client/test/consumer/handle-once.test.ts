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

/** As a database where who claims what another transaction has claimed waits for how that ends. */
class WaitingStore extends MemoryStore {
  #last: Promise<unknown> = Promise.resolve()

  override transaction<R>(work: (tx: Tables) => Promise<R>): Promise<R> {
    const next = this.#last.then(() => super.transaction(work))
    this.#last = next.catch(() => undefined)
    return next
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

  it('knows a record without an id by its place', async () => {
    const store = new MemoryStore()
    const ids: Record<string, string | null> = { 'order 7': '7', none: null, empty: '' }
    const once = handleOnce({ store, handle: note, idOf: ({ value }: ConsumerRecord<string, string>) => ids[value ?? ''] })
    const records = await read(new Log(['order 7', 'none', 'none', 'empty', 'unknown', 'order 7']))
    for (const record of [...records, ...records]) await once(record)
    assert.deepEqual(store.tables.effects, ['order 7', 'none', 'none', 'empty', 'unknown'])
    assert.deepEqual([...store.tables.ids], ['7', 't/0/1', 't/0/2', 't/0/3', 't/0/4'])
  })

  for (const [ending, fails] of [
    ['finds it handled', false],
    ['handles it when the first fails', true],
  ] as const) {
    it(`of two members with the same record at once one waits for the other, and ${ending}`, async () => {
      const store = new WaitingStore()
      let letGo = (): void => undefined
      const held = new Promise<void>((resolve) => {
        letGo = resolve
      })
      const started: string[] = []
      const member = (name: string, isFailing: boolean) =>
        handleOnce({
          store,
          handle: async (record: ConsumerRecord<string, string>, tx: Tables) => {
            started.push(name)
            await held
            note(record, tx)
            if (isFailing) throw new Error('half way')
          },
        })
      const [record] = await read(new Log(['a0']))
      assert.ok(record !== undefined)
      const first = member('first', fails)(record).catch(() => 'failed')
      const second = member('second', false)(record)
      await new Promise(setImmediate)
      assert.deepEqual(started, ['first'])
      letGo()
      assert.deepEqual([await first, await second], fails ? ['failed', true] : [true, false])
      assert.deepEqual(store.tables.effects, ['a0'])
      assert.equal(store.tables.offsets.get(0)?.offset, 1)
    })
  }
})
