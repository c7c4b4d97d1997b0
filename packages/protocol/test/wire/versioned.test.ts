import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  consumerGroupMemberMetadataValue,
  consumerProtocolAssignment,
  groupMetadataKey,
  MalformedError,
  offsetCommitKey,
  offsetCommitValue,
  recordTypeOf,
  transactionLogKey,
} from '../../src/index.ts'

test('a key starts with its record type', () => {
  const key = offsetCommitKey.encode({ group: 'g', topic: 't', partition: 3 })
  assert.equal(key.toString('hex'), '0001' + '000167' + '000174' + '00000003')
  assert.equal(recordTypeOf(key), 1)
  assert.deepEqual(offsetCommitKey.decode(key), { group: 'g', topic: 't', partition: 3 })
  assert.throws(() => groupMetadataKey.decode(key), { name: 'UnsupportedVersionError' })
  assert.throws(() => recordTypeOf(Buffer.alloc(1)), MalformedError)
  assert.equal(transactionLogKey.encode({ transactionalId: 'x' }).toString('hex'), '0000' + '000178')
})

test('a value starts with its version', () => {
  const value = offsetCommitValue.encode({ offset: 5, metadata: '', commitTimestamp: 9 }, 3)
  assert.equal(value.toString('hex'), '0003' + '0000000000000005' + 'ffffffff' + '0000' + '0000000000000009')
  assert.equal(offsetCommitValue.decode(value).offset, 5)
  const newer = Buffer.from(value)
  newer.writeInt16BE(5)
  assert.throws(() => offsetCommitValue.decode(newer), { name: 'UnsupportedVersionError' })
  assert.throws(() => offsetCommitValue.encode({ offset: 5, metadata: '', commitTimestamp: 9 }, 5), { name: 'UnsupportedVersionError' })
})

test('the consumer protocol of a newer client is read as the newest known', () => {
  const bytes = consumerProtocolAssignment.encode({ assignedPartitions: [{ topic: 't', partitions: [1] }] })
  bytes.writeInt16BE(9)
  assert.deepEqual(consumerProtocolAssignment.decode(bytes).assignedPartitions, [{ topic: 't', partitions: [1] }])
})

test('a tagged struct is null, absent or there', () => {
  const member = { instanceId: null, rackId: null, clientId: '', clientHost: '', subscribedTopicNames: [] }
  const rest = { subscribedTopicRegex: null, rebalanceTimeoutMs: 1, serverAssignor: null }
  const classic = { sessionTimeoutMs: 5, supportedProtocols: [] }
  for (const classicMemberMetadata of [null, classic]) {
    const bytes = consumerGroupMemberMetadataValue.encode({ ...member, ...rest, classicMemberMetadata })
    assert.deepEqual(consumerGroupMemberMetadataValue.decode(bytes).classicMemberMetadata, classicMemberMetadata)
  }
})
