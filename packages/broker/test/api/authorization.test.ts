import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopics, describeCluster, describeLogDirs, ErrorCodes, initProducerId, metadata } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import { AclOperations, anonymous, authorizedOperations, type Authorizer } from '../../src/api/authorizer.ts'
import { Interceptors } from '../../src/api/interceptors.ts'
import { boot } from '../../src/boot.ts'
import { Broker } from '../../src/broker.ts'
import { silentLogger } from '../../src/logger.ts'
import { batchOf } from '../support/batches.ts'
import { createTopic, fetchFrom, one, send } from '../support/requests.ts'
import { WireClient } from '../support/wire-client.ts'

/** Denies what `denied` lists as `operation resource name`. */
async function withDenials(denied: ReadonlySet<string>, body: (client: WireClient) => Promise<void>): Promise<void> {
  const authorizer: Authorizer = {
    authorize: (principal, host, operation, resource, name) => {
      assert.deepEqual([principal, host], [anonymous, '127.0.0.1'])
      return !denied.has(`${operation} ${resource} ${name}`)
    },
  }
  const interceptors = new Interceptors()
  const options = { runtime: createNodeRuntime(), logger: silentLogger, authorizer, topics: { open: {}, secret: {} } }
  const broker = new Broker(await boot(options, interceptors), interceptors)
  const client = await WireClient.connect(broker.port)
  try {
    await body(client)
  } finally {
    await client.close()
    await broker.close()
  }
}

test('entry by entry: what is denied says so, and hides whether it is there', async () => {
  const denied = ['Write Topic secret', 'Write Topic absent', 'Read Topic secret', 'Describe Topic secret', 'Create Topic new']
  await withDenials(new Set(denied), async (client) => {
    assert.equal((await send(client, 'secret', batchOf(['x']))).errorCode, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
    assert.equal((await send(client, 'absent', batchOf(['x']))).errorCode, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
    assert.equal((await send(client, 'open', batchOf(['x']))).errorCode, ErrorCodes.NONE)
    assert.equal((await fetchFrom(client, 'secret', 0)).errorCode, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
    assert.equal((await createTopic(client, 'new')).errorCode, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
    const all = await client.request(metadata, 12, { topics: null })
    assert.deepEqual(
      all.topics.map(({ name }) => name),
      ['open'],
    )
    const asked = await client.request(metadata, 12, { topics: [{ name: 'secret' }] })
    assert.equal(one(asked.topics).errorCode, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
    const created = await client.request(createTopics, 7, { topics: [], validateOnly: false })
    assert.deepEqual(created.topics, [])
  })
})

test('a request that is denied as a whole is refused before it is handled', async () => {
  await withDenials(new Set(['Describe Cluster kafka-cluster']), async (client) => {
    const refused = await client.request(describeLogDirs, 5, { topics: null })
    assert.deepEqual([refused.errorCode, refused.results], [ErrorCodes.CLUSTER_AUTHORIZATION_FAILED, []])
    const cluster = await client.request(describeCluster, 1, { includeClusterAuthorizedOperations: true })
    assert.equal(cluster.clusterAuthorizedOperations & (1 << AclOperations.Describe), 0)
    assert.notEqual(cluster.clusterAuthorizedOperations & (1 << AclOperations.Alter), 0)
  })
})

test('whoever may write to some topic may do so idempotently', async () => {
  const denied = new Set(['IdempotentWrite Cluster kafka-cluster', 'Write Topic open'])
  const request = { transactionalId: null, transactionTimeoutMs: 0 }
  await withDenials(denied, async (client) => {
    assert.equal((await client.request(initProducerId, 4, request)).errorCode, ErrorCodes.NONE)
  })
  await withDenials(new Set([...denied, 'Write Topic secret']), async (client) => {
    assert.equal((await client.request(initProducerId, 4, request)).errorCode, ErrorCodes.CLUSTER_AUTHORIZATION_FAILED)
  })
})

test('the bit field of authorised operations', () => {
  const readOnly: Authorizer = { authorize: (_principal, _host, operation) => operation === 'Read' || operation === 'Describe' }
  assert.equal(authorizedOperations(readOnly, anonymous, 'h', 'Topic', 't'), (1 << 3) | (1 << 8))
})
