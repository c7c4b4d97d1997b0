import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Field } from '../../schema/index.ts'
import { fetch, joinGroup, metadata, offsetFetch, UnsupportedFieldError, Writer } from '../../src/index.ts'
import { arbitraryMessage, isWithin, type Message } from '../support/arbitrary-message.ts'
import { forEachVersion, type MessageCodec } from '../support/codecs.ts'

/** A value of the field that is not its default, in the first version that has it. */
function otherThanDefault(name: string, field: Field, codec: MessageCodec): unknown {
  const version = Math.max(field.facts.versions.from, codec.versions[0])
  const samples = fc.sample(arbitraryMessage({ [name]: field }, version), { numRuns: 60, seed: 7 })
  return samples.map((sample) => sample[name]).find((value) => isClearlySet(value) && value !== field.facts.default)
}

function isClearlySet(value: unknown): boolean {
  if (Array.isArray(value) || Buffer.isBuffer(value) || typeof value === 'string') return value.length > 0 && value !== 'A'.repeat(22)
  return typeof value === 'number' ? Math.abs(value) > 3 : value !== null && value !== undefined
}

test('a value that a version cannot carry is refused, unless Kafka lets it be dropped', async () => {
  let refused = 0
  let dropped = 0
  await forEachVersion((codec, version) => {
    for (const [name, field] of Object.entries(codec.fields)) {
      if (isWithin(field.facts.versions, version)) continue
      const value =
        field.facts.type.kind === 'primitive' && field.facts.type.name === 'bool'
          ? field.facts.default !== true
          : otherThanDefault(name, field, codec)
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) continue
      const [message] = fc.sample(arbitraryMessage(codec.fields, version), { numRuns: 1, seed: 7 }) as [Message]
      const label = `${codec.name}.${name} in version ${version}`
      if (field.facts.ignorable === true) {
        assert.deepEqual(codec.encode({ ...message, [name]: value }, version), codec.encode(message, version), label)
        dropped++
      } else {
        assert.throws(() => codec.encode({ ...message, [name]: value }, version), UnsupportedFieldError, label)
        refused++
      }
    }
  })
  assert.ok(refused > 100 && dropped > 100, `${refused} refused, ${dropped} dropped`)
})

test('a field inside an array is refused as well', () => {
  const topics = [{ partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1, lastFetchedEpoch: 4 }] }]
  const request = { maxWaitMs: 0, minBytes: 0, isolationLevel: 0, topics }
  const expected = { name: 'UnsupportedFieldError', messageName: 'FetchRequestPartition', field: 'lastFetchedEpoch', version: 11 }
  assert.throws(() => fetch.encodeRequest(new Writer(), request, 11), expected)
})

test('a tagged struct that is not the default is refused before its version', () => {
  const request = { maxWaitMs: 0, minBytes: 0, topics: [], replicaState: { replicaId: 3 } }
  assert.throws(() => fetch.encodeRequest(new Writer(), request, 14), { name: 'UnsupportedFieldError', field: 'replicaState' })
  assert.doesNotThrow(() => fetch.encodeRequest(new Writer(), { ...request, replicaState: { replicaId: -1 } }, 14))
})

test('null is refused in a version without a form for it', () => {
  assert.throws(() => metadata.encodeRequest(new Writer(), { topics: null }, 0), { name: 'UnsupportedFieldError', field: 'topics' })
  assert.doesNotThrow(() => metadata.encodeRequest(new Writer(), { topics: null }, 1))
  const joined = { errorCode: 0, generationId: 1, protocolName: null, leader: '', memberId: '', members: [] }
  assert.throws(() => joinGroup.encodeResponse(new Writer(), joined, 6), { name: 'UnsupportedFieldError', field: 'protocolName' })
  assert.throws(() => offsetFetch.encodeRequest(new Writer(), { groupId: 'g', topics: null }, 1), UnsupportedFieldError)
})
