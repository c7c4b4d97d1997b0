import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiVersions, fetch, heartbeat, MalformedError, Reader, Writer } from '../../src/index.ts'

function reader(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'))
}

test('tagged fields that are not known are skipped', () => {
  const r = reader('00000007' + '001b' + '02' + '0503aabbcc' + '0600' + '77')
  assert.deepEqual(heartbeat.decodeResponse(r, 4), { throttleTimeMs: 7, errorCode: 27 })
  assert.equal(r.readInt8(), 0x77)
})

test('a tagged field is skipped in a version that does not know it yet', () => {
  const start = 'ffffffff' + '00000001' + '00000002' + '00000003' + '00' + '00000000' + 'ffffffff' + '01' + '01' + '01'
  const replicaState = '01' + '01' + '0d' + '00000004' + '0000000000000005' + '00'
  assert.deepEqual(fetch.decodeRequest(reader(start + replicaState), 12).replicaState, { replicaId: -1, replicaEpoch: -1 })
  const withoutReplicaId = start.slice(8)
  assert.deepEqual(fetch.decodeRequest(reader(withoutReplicaId + replicaState), 15).replicaState, { replicaId: 4, replicaEpoch: 5 })
})

test('a tagged field whose size is not what it takes is malformed', () => {
  const start = '0000' + '01' + '00000000' + '01'
  assert.equal(apiVersions.decodeResponse(reader(`${start}01080000000000000009`), 3).finalizedFeaturesEpoch, 9)
  for (const tag of ['010900000000000000090a', '010700000000000000', '01ff00000000000000000a', '010800000000']) {
    assert.throws(() => apiVersions.decodeResponse(reader(start + tag), 3), MalformedError, tag)
  }
})

test('only what differs from its default is sent as a tagged field', () => {
  const encoded = (finalizedFeaturesEpoch: number | undefined): string => {
    const w = new Writer()
    apiVersions.encodeResponse(w, { errorCode: 0, apiKeys: [], finalizedFeaturesEpoch, supportedFeatures: [] }, 3)
    return w.finishBuffer().toString('hex')
  }
  assert.equal(encoded(undefined), '0000' + '01' + '00000000' + '00')
  assert.equal(encoded(-1), encoded(undefined))
  assert.equal(encoded(9), '0000' + '01' + '00000000' + '01' + '0108' + '0000000000000009')
})
