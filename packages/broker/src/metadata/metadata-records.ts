/**
 * The records of the metadata log, in the layouts of KRaft's TopicRecord, PartitionRecord, ConfigRecord, RemoveTopicRecord,
 * ClientQuotaRecord and ProducerIdsRecord, so that Kafka's own tools decode the log. Frame: uvarint 1, uvarint record key, uvarint version, body.
 */

import { MalformedError, Reader, Writer } from '@odradek/protocol'

export interface TopicRecord {
  readonly type: 'topic'
  readonly name: string
  readonly topicId: string
}

export interface PartitionRecord {
  readonly type: 'partition'
  readonly topicId: string
  readonly partition: number
  readonly replicas: readonly number[]
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
}

export interface ConfigRecord {
  readonly type: 'config'
  readonly resourceType: number
  readonly resourceName: string
  readonly name: string
  /** Null takes the setting back. */
  readonly value: string | null
}

export interface QuotaEntityPart {
  /** user, client-id or ip. */
  readonly entityType: string
  /** Null is the default of the type. */
  readonly entityName: string | null
}

export interface ClientQuotaRecord {
  readonly type: 'client-quota'
  readonly entity: readonly QuotaEntityPart[]
  readonly key: string
  readonly value: number
  /** Takes the quota back, whatever `value` is. */
  readonly remove: boolean
}

export interface RemoveTopicRecord {
  readonly type: 'remove-topic'
  readonly topicId: string
}

export interface ProducerIdsRecord {
  readonly type: 'producer-ids'
  readonly nodeId: number
  /** The first id that no block contains yet. */
  readonly nextProducerId: number
}

export type MetadataRecord = TopicRecord | PartitionRecord | ConfigRecord | RemoveTopicRecord | ClientQuotaRecord | ProducerIdsRecord

/** Resource types of configuration, as in every API. */
export const ResourceTypes = { Topic: 2, Broker: 4, BrokerLogger: 8, ClientMetrics: 16, Group: 32 } as const

const frameVersion = 1
const recordVersion = 0
const keys = { topic: 2, partition: 3, config: 4, 'remove-topic': 9, 'client-quota': 14, 'producer-ids': 15 } as const

export function encodeMetadataRecord(record: MetadataRecord): Buffer {
  const writer = new Writer(64)
  writer.writeUvarint(frameVersion)
  writer.writeUvarint(keys[record.type])
  writer.writeUvarint(recordVersion)
  writeBody(writer, record)
  writer.writeUvarint(0)
  return writer.finishBuffer()
}

function writeBody(writer: Writer, record: MetadataRecord): void {
  switch (record.type) {
    case 'topic':
      writer.writeCompactString(record.name)
      writer.writeUuid(record.topicId)
      return
    case 'partition':
      writer.writeInt32(record.partition)
      writer.writeUuid(record.topicId)
      for (const nodes of [record.replicas, record.replicas, [], []]) writeNodes(writer, nodes)
      writer.writeInt32(record.leader)
      writer.writeInt32(record.leaderEpoch)
      writer.writeInt32(record.partitionEpoch)
      return
    case 'config':
      writer.writeInt8(record.resourceType)
      writer.writeCompactString(record.resourceName)
      writer.writeCompactString(record.name)
      writer.writeCompactNullableString(record.value)
      return
    case 'remove-topic':
      writer.writeUuid(record.topicId)
      return
    case 'client-quota':
      writeQuota(writer, record)
      return
    case 'producer-ids':
      writer.writeInt32(record.nodeId)
      writer.writeInt64(-1)
      writer.writeInt64(record.nextProducerId)
  }
}

function writeQuota(writer: Writer, { entity, key, value, remove }: ClientQuotaRecord): void {
  writer.writeUvarint(entity.length + 1)
  for (const { entityType, entityName } of entity) {
    writer.writeCompactString(entityType)
    writer.writeCompactNullableString(entityName)
    writer.writeUvarint(0)
  }
  writer.writeCompactString(key)
  writer.writeFloat64(value)
  writer.writeBoolean(remove)
}

function writeNodes(writer: Writer, nodes: readonly number[]): void {
  writer.writeUvarint(nodes.length + 1)
  for (const node of nodes) writer.writeInt32(node)
}

/** Throws MalformedError for a record that this version did not write. */
export function decodeMetadataRecord(value: Buffer): MetadataRecord {
  const reader = new Reader(value)
  const frame = reader.readUvarint()
  const key = reader.readUvarint()
  const version = reader.readUvarint()
  if (frame !== frameVersion || version !== recordVersion)
    throw new MalformedError(`metadata record ${key} has frame ${frame}, version ${version}`)
  const record = readBody(reader, key)
  reader.skipTags()
  return record
}

function readBody(reader: Reader, key: number): MetadataRecord {
  switch (key) {
    case keys.topic:
      return { type: 'topic', name: reader.readCompactString(), topicId: reader.readUuid() }
    case keys.partition:
      return readPartition(reader)
    case keys.config: {
      const resourceType = reader.readInt8()
      const resourceName = reader.readCompactString()
      return { type: 'config', resourceType, resourceName, name: reader.readCompactString(), value: reader.readCompactNullableString() }
    }
    case keys['remove-topic']:
      return { type: 'remove-topic', topicId: reader.readUuid() }
    case keys['client-quota']:
      return readQuota(reader)
    case keys['producer-ids']: {
      const nodeId = reader.readInt32()
      reader.readInt64()
      return { type: 'producer-ids', nodeId, nextProducerId: reader.readInt64() }
    }
    default:
      throw new MalformedError(`unknown metadata record ${key}`)
  }
}

function readPartition(reader: Reader): PartitionRecord {
  const partition = reader.readInt32()
  const topicId = reader.readUuid()
  const replicas = readNodes(reader)
  for (let list = 0; list < 3; list++) readNodes(reader)
  const leader = reader.readInt32()
  const leaderEpoch = reader.readInt32()
  return { type: 'partition', topicId, partition, replicas, leader, leaderEpoch, partitionEpoch: reader.readInt32() }
}

function readQuota(reader: Reader): ClientQuotaRecord {
  const entity: QuotaEntityPart[] = []
  for (let left = reader.readCompactArrayLength(3); left > 0; left--) {
    entity.push({ entityType: reader.readCompactString(), entityName: reader.readCompactNullableString() })
    reader.skipTags()
  }
  return { type: 'client-quota', entity, key: reader.readCompactString(), value: reader.readFloat64(), remove: reader.readBoolean() }
}

function readNodes(reader: Reader): number[] {
  const nodes: number[] = []
  for (let left = reader.readCompactArrayLength(4); left > 0; left--) nodes.push(reader.readInt32())
  return nodes
}
