import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { describeConfigs, ErrorCodes, incrementalAlterConfigs, initProducerId } from '@odradek/protocol'
import { ConfigError, DataDirectoryError, ListenError, MetadataError, startBroker } from '../src/index.ts'
import { batchOf, valuesOf } from './support/batches.ts'
import { withBroker } from './support/broker.ts'
import { createTopic, fetchFrom, one, send, topicId } from './support/requests.ts'

async function withDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'odradek-test-'))
  try {
    await body(path)
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function errorOf(run: Promise<unknown>): Promise<Error> {
  try {
    await run
  } catch (error) {
    assert.ok(error instanceof Error)
    assert.doesNotMatch(error.message, /\n/)
    return error
  }
  assert.fail('it did not fail')
}

test('everything is there after a restart: records, topics and their ids, settings, producer ids, the cluster id', async () => {
  await withDirectory(async (dataDir) => {
    let before: { id: string; clusterId: string; producerId: number } | undefined
    await withBroker(
      { dataDir, topics: { orders: { partitions: 2, configs: { 'retention.ms': '123456' } } } },
      async ({ broker, client }) => {
        await send(client, 'orders', batchOf(['a', 'b']), 1)
        const configs = [{ name: 'log.retention.ms', configOperation: 0, value: '99' }]
        await client.request(incrementalAlterConfigs, 1, {
          resources: [{ resourceType: 4, resourceName: '', configs }],
          validateOnly: false,
        })
        const { producerId } = await client.request(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 0 })
        before = { id: await topicId(client, 'orders'), clusterId: broker.clusterId, producerId }
      },
    )
    await withBroker({ dataDir, topics: { orders: { partitions: 7 } } }, async ({ broker, client }) => {
      assert.equal(await topicId(client, 'orders'), before?.id)
      assert.equal(broker.clusterId, before?.clusterId)
      assert.equal((await send(client, 'orders', batchOf(['c']), 1)).baseOffset, 2)
      const resources = [
        { resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms'] },
        { resourceType: 4, resourceName: String(broker.nodeId), configurationKeys: ['log.retention.ms'] },
      ]
      const { results } = await client.request(describeConfigs, 4, { resources })
      assert.deepEqual(
        results.map(({ configs }) => one(configs).value),
        ['123456', '99'],
      )
      const { producerId } = await client.request(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 0 })
      assert.ok(producerId > (before?.producerId ?? Number.POSITIVE_INFINITY))
    })
  })
})

test('a deleted topic stays deleted, and what a crash left of it on disk goes', async () => {
  await withDirectory(async (dataDir) => {
    let id = ''
    await withBroker({ dataDir, topics: { gone: {}, kept: {} } }, async ({ broker, client }) => {
      await send(client, 'gone', batchOf(['x']))
      await send(client, 'kept', batchOf(['y']))
      id = await topicId(client, 'gone')
      const { deleteTopics } = await import('@odradek/protocol')
      await client.request(deleteTopics, 6, { topics: [{ name: 'gone', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }], timeoutMs: 1000 })
      assert.equal(await exists(join(broker.dataDir, 'gone-0')), false)
    })
    await mkdir(join(dataDir, 'gone-0'))
    await writeFile(join(dataDir, 'gone-0', 'partition.metadata'), `version: 0\ntopic_id: ${id}\n`)
    await mkdir(join(dataDir, 'foreign-0'))
    await withBroker({ dataDir }, async ({ client, lines }) => {
      assert.equal((await fetchFrom(client, 'gone', 0)).errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
      assert.deepEqual(valuesOf((await fetchFrom(client, 'kept', 0)).records), ['y'])
      assert.equal(await exists(join(dataDir, 'gone-0')), false)
      assert.equal(await exists(join(dataDir, 'foreign-0')), true)
      assert.ok(lines.some((line) => line.includes('foreign-0 belongs to no topic')))
      assert.equal((await createTopic(client, 'gone')).errorCode, ErrorCodes.NONE)
    })
  })
})

test('a temporary data directory is gone after close, and close may be called twice', async () => {
  const broker = await startBroker()
  assert.ok(await exists(broker.dataDir))
  await Promise.all([broker.close(), broker.close()])
  await broker.close()
  assert.equal(await exists(broker.dataDir), false)
})

test('configurations may have numbers and booleans; what is neither, nor text, names its key', async () => {
  const topics = { orders: { configs: { 'retention.ms': 86_400_000, 'remote.storage.enable': false } } }
  await withBroker({ config: { 'group.initial.rebalance.delay.ms': 0 }, topics }, async ({ client }) => {
    const resources = [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms', 'remote.storage.enable'] }]
    const { results } = await client.request(describeConfigs, 4, { resources })
    assert.deepEqual(
      one(results)
        .configs.map(({ name, value }) => `${name}=${value}`)
        .toSorted(),
      ['remote.storage.enable=false', 'retention.ms=86400000'],
    )
  })
  // @ts-expect-error as a caller without types may have it
  const none: string = null
  for (const options of [{ config: { 'num.partitions': none } }, { topics: { orders: { configs: { 'num.partitions': none } } } }]) {
    const error = await errorOf(startBroker(options))
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /num\.partitions/)
  }
})

test('topics are made by hand, too, and a bad one is an error', async () => {
  await withBroker({}, async ({ broker, client }) => {
    await broker.createTopics({ orders: { partitions: 3, configs: { 'retention.ms': '5' } } })
    await broker.createTopics({ orders: { partitions: 3 } })
    assert.equal((await send(client, 'orders', batchOf(['x']), 2)).errorCode, ErrorCodes.NONE)
    assert.ok((await errorOf(broker.createTopics({ 'a b': {} }))) instanceof MetadataError)
  })
  const error = await errorOf(startBroker({ topics: { orders: { configs: { 'retention.mss': '5' } } } }))
  assert.equal(error.message, 'Unknown topic configuration retention.mss; did you mean retention.ms?')
})

test('a port that is taken: one line that says what to do, and nothing left behind', async () => {
  const other = createServer()
  await once(other.listen(0, '127.0.0.1'), 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await withDirectory(async (dataDir) => {
    const error = await errorOf(startBroker({ port, dataDir }))
    assert.ok(error instanceof ListenError)
    assert.equal(error.message, `Cannot listen on 127.0.0.1, port ${port}: something else does already. Stop it, or choose another port`)
    const broker = await startBroker({ dataDir })
    await broker.close()
  })
  other.close()
})

test('a data directory in use, of another node, or no directory', async () => {
  await withDirectory(async (dataDir) => {
    const first = await startBroker({ dataDir })
    const inUse = await errorOf(startBroker({ dataDir }))
    assert.ok(inUse instanceof DataDirectoryError)
    assert.match(inUse.message, /in use by another broker/)
    await first.close()
    const foreign = await errorOf(startBroker({ dataDir, config: { 'node.id': '5' } }))
    assert.match(foreign.message, /belongs to node 1 of cluster/)
    await writeFile(join(dataDir, 'file'), '')
    assert.ok((await errorOf(startBroker({ dataDir: join(dataDir, 'file') }))) instanceof DataDirectoryError)
    assert.ok((await readdir(dataDir)).includes('meta.properties'))
  })
})

test('a damaged metadata log is said, not papered over', async () => {
  await withDirectory(async (dataDir) => {
    const broker = await startBroker({ dataDir, topics: { a: {}, b: {}, c: {} } })
    await broker.createTopics({ d: {} })
    await broker.close()
    const path = join(dataDir, '__cluster_metadata-0', '00000000000000000000.log')
    const bytes = await readFile(path)
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = (bytes[middle] ?? 0) ^ 0xff
    await writeFile(path, bytes)
    const error = await errorOf(startBroker({ dataDir }))
    assert.ok(error instanceof DataDirectoryError)
    assert.match(error.message, /__cluster_metadata-0 is damaged .*: restore it from a copy, or choose another data directory/)
  })
})

test('a configuration that is not valid', async () => {
  assert.ok((await errorOf(startBroker({ config: { 'num.partitons': '1' } }))) instanceof ConfigError)
  assert.ok((await errorOf(startBroker({ host: 'no such host' }))) instanceof ConfigError)
  assert.ok((await errorOf(startBroker({ host: '192.0.2.1' }))) instanceof ListenError)
})

test('what Kafka has and this broker does not act on is warned about', async () => {
  await withBroker({ config: { 'num.io.threads': '8' } }, async ({ lines }) => {
    assert.match(lines[0] ?? '', /num\.io\.threads/)
  })
})

test('settings of the log directory: log.dirs counts where no data directory is given', async () => {
  await withDirectory(async (dataDir) => {
    const broker = await startBroker({ config: { 'log.dirs': dataDir } })
    assert.equal(broker.dataDir, dataDir)
    await broker.close()
    assert.ok(await exists(dataDir))
  })
})
