import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError } from '@odradek/protocol'
import type { MetadataRecord } from '../../src/metadata/metadata-records.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../src/metadata/metadata-records.ts'

const topicId = 'JrkWPuNxTMSE2FvKwZxbEw'

/** The bytes are those of org.apache.kafka.metadata.MetadataRecordSerde (kafka-metadata 4.3.1), every record in version 0. */
const golden: readonly (readonly [MetadataRecord, string])[] = [
  [{ type: 'topic', name: 'orders', topicId }, '010200076f726465727326b9163ee3714cc484d85bcac19c5b1300'],
  [
    { type: 'partition', topicId, partition: 3, replicas: [1, 2], leader: 1, leaderEpoch: 5, partitionEpoch: 6 },
    '0103000000000326b9163ee3714cc484d85bcac19c5b13030000000100000002030000000100000002010100000001000000050000000600',
  ],
  [
    { type: 'config', resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: '1000' },
    '01040002076f72646572730d726574656e74696f6e2e6d73053130303000',
  ],
  [
    { type: 'config', resourceType: 4, resourceName: '', name: 'log.retention.ms', value: null },
    '0104000401116c6f672e726574656e74696f6e2e6d730000',
  ],
  [{ type: 'remove-topic', topicId }, '01090026b9163ee3714cc484d85bcac19c5b1300'],
  [{ type: 'producer-ids', nodeId: 1, nextProducerId: 3000 }, '010f0000000001ffffffffffffffff0000000000000bb800'],
]

test("records are byte for byte Kafka's", () => {
  for (const [record, hex] of golden) {
    assert.equal(encodeMetadataRecord(record).toString('hex'), hex)
    assert.deepEqual(decodeMetadataRecord(Buffer.from(hex, 'hex')), record)
  }
})

test('a record cut at any byte, or of another kind, is malformed', () => {
  for (const [, hex] of golden) {
    const whole = Buffer.from(hex, 'hex')
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => decodeMetadataRecord(whole.subarray(0, length)), MalformedError)
  }
  assert.throws(() => decodeMetadataRecord(Buffer.from('01ff0000', 'hex')), MalformedError)
  assert.throws(() => decodeMetadataRecord(Buffer.from('02020000', 'hex')), MalformedError)
})
