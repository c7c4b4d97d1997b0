/** compression.type of a topic: what batches are stored as, whatever they came in as, and where the work is done. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes, incrementalAlterConfigs, readBatchHeader, RecordBatchBuilder, RecordCursor, recordsSection } from '@odradek/protocol'
import type { CodecName, Runtime } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'
import { withBroker } from '../support/broker.ts'
import { fetchFrom, one, send } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

const { codecs, workers } = createNodeRuntime()
const value = 'abcdefgh'.repeat(64)

async function batchOf(codec: CodecName | undefined, count: number): Promise<Buffer> {
  const loaded = codec && (await codecs.load(codec))
  const builder = new RecordBatchBuilder()
  // Not all alike, so that it stays large when it is compressed.
  for (let index = 0; index < count; index++)
    builder.append(Date.now(), `key-${index}`, codec === undefined ? value : Buffer.from(noise(index)))
  const compression = codec && loaded && { type: codec, compress: (data: Uint8Array) => loaded.compress(data) }
  return builder.build({ crc32c: (data) => codecs.crc32c(data), compression })
}

function noise(seed: number): Uint8Array {
  let state = seed + 1
  return Uint8Array.from({ length: 512 }, () => (state = Math.imul(state, 1_103_515_245) + 12_345) >>> 24)
}

async function storedAs(client: WireClient, offset: number): Promise<{ compression: string; keys: string[]; sizeBytes: number }> {
  const { records } = await fetchFrom(client, 'orders', offset)
  assert.ok(records)
  const header = readBatchHeader(records, 0)
  const section = recordsSection(records, 0, header)
  const inflated = header.compression === 'none' ? section : (await codecs.load(header.compression)).decompress(section, 10_000_000)
  const cursor = new RecordCursor()
  cursor.reset(records, 0, header, Buffer.from(inflated))
  const keys: string[] = []
  while (cursor.next()) keys.push(cursor.key()?.toString() ?? '')
  return { compression: header.compression, keys, sizeBytes: header.sizeBytes }
}

async function configure(client: WireClient, configs: Readonly<Record<string, string>>): Promise<void> {
  const wanted = Object.entries(configs).map(([name, text]) => ({ name, configOperation: 0, value: text }))
  const resources = [{ resourceType: 2, resourceName: 'orders', configs: wanted }]
  assert.equal(one((await client.request(incrementalAlterConfigs, 1, { resources, validateOnly: false })).responses).errorCode, 0)
}

test('each codec becomes each other, and a change of compression.type holds at once', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    let offset = 0
    for (const [type, stored] of [
      ['producer', 'gzip'],
      ['zstd', 'zstd'],
      ['uncompressed', 'none'],
      ['lz4', 'lz4'],
      ['snappy', 'snappy'],
      ['gzip', 'gzip'],
    ] as const) {
      await configure(client, { 'compression.type': type })
      assert.equal((await send(client, 'orders', await batchOf('gzip', 2))).errorCode, 0)
      const { compression, keys } = await storedAs(client, offset)
      assert.deepEqual([compression, keys], [stored, ['key-0', 'key-1']])
      offset += 2
    }
  })
})

test('a level is heeded', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const sizes: number[] = []
    for (const [type, low, high] of [
      ['gzip', '1', '9'],
      ['zstd', '-100', '19'],
      ['lz4', '1', '17'],
    ] as const) {
      for (const level of [low, high]) {
        await configure(client, { 'compression.type': type, [`compression.${type}.level`]: level })
        const { baseOffset } = await send(client, 'orders', await batchOf(undefined, 50))
        sizes.push((await storedAs(client, baseOffset)).sizeBytes)
      }
      const [larger = 0, smaller = 0] = sizes.splice(0)
      if (type !== 'lz4') assert.ok(larger > smaller, `${type}: ${larger} > ${smaller}`)
    }
  })
})

test('large batches are recompressed on other threads, small ones where they are; a large one at fault is told so', async () => {
  const calls: string[] = []
  const counting: Runtime = {
    ...createNodeRuntime(),
    workers: {
      ...workers,
      compress: (codec, data, level) => {
        calls.push(`compress ${codec} ${level}`)
        return workers.compress(codec, data, level)
      },
      decompress: (codec, data, bound) => {
        calls.push(`decompress ${codec}`)
        return workers.decompress(codec, data, bound)
      },
    },
  }
  const configs = { 'compression.type': 'zstd', 'compression.zstd.level': '1' }
  await withBroker({ topics: { orders: { configs } }, runtime: counting }, async ({ client }) => {
    await send(client, 'orders', await batchOf('gzip', 2))
    assert.deepEqual(calls, [])
    const large = await batchOf('gzip', 300)
    assert.equal((await send(client, 'orders', large)).errorCode, 0)
    assert.deepEqual(calls.splice(0), ['decompress gzip', 'compress zstd 1'])
    const { compression, keys } = await storedAs(client, 2)
    assert.deepEqual([compression, keys.length, keys[299]], ['zstd', 300, 'key-299'])
    const broken = await batchOf('gzip', 300)
    broken.fill(0xee, 100, 1000)
    assert.equal((await send(client, 'orders', broken)).errorCode, ErrorCodes.CORRUPT_MESSAGE)
    broken.writeUInt32BE(codecs.crc32c(broken.subarray(21)), 17)
    assert.equal((await send(client, 'orders', broken)).errorCode, ErrorCodes.INVALID_RECORD)
  })
})
