import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiByKey, apis, initProducerId, offsetDelete, produce } from '../../src/index.ts'

test('APIs are found by key', () => {
  for (const api of apis) assert.equal(apiByKey(api.key), api)
  assert.equal(apiByKey(4), undefined)
  assert.equal(apiByKey(-1), undefined)
  assert.equal(apiByKey(30_000), undefined)
})

test('Produce is advertised below what is served, the others are not', () => {
  assert.deepEqual([produce.advertisedMinVersion, produce.minVersion], [0, 3])
  for (const api of apis) if (api !== produce) assert.equal(api.advertisedMinVersion, api.minVersion, api.name)
})

test('a version that Kafka calls unstable is left out', () => assert.equal(initProducerId.maxVersion, 5))

test('an API without flexible versions says so', () => assert.equal(offsetDelete.flexibleVersion, Number.POSITIVE_INFINITY))
