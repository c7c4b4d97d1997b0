/** The configuration of the broker: every key of Kafka's that it acts on, with Kafka's types, bounds and defaults. */

import type { ConfigKey } from './config-key.ts'
import { key } from './config-key.ts'
import type { LogValues } from './broker-log-keys.ts'
import { logKeys } from './broker-log-keys.ts'
import { listenersProblem, protocolMapProblem } from './listeners.ts'

export interface BrokerValues extends LogValues {
  'advertised.listeners': readonly string[] | null
  'auto.create.topics.enable': boolean
  'broker.rack': string | null
  'connections.max.idle.ms': number
  'default.replication.factor': number
  'delete.topic.enable': boolean
  'fetch.max.bytes': number
  'group.initial.rebalance.delay.ms': number
  'group.max.session.timeout.ms': number
  'group.max.size': number
  'group.min.session.timeout.ms': number
  'listener.security.protocol.map': readonly string[]
  listeners: readonly string[]
  'log.dirs': readonly string[] | null
  'max.connections': number
  'max.connections.per.ip': number
  'max.connections.per.ip.overrides': readonly string[]
  'max.request.partition.size.limit': number
  'node.id': number
  'num.partitions': number
  'offset.metadata.max.bytes': number
  'offsets.commit.timeout.ms': number
  'offsets.retention.check.interval.ms': number
  'offsets.retention.minutes': number
  'offsets.topic.num.partitions': number
  'offsets.topic.segment.bytes': number
  'producer.id.expiration.check.interval.ms': number
  'producer.id.expiration.ms': number
  'queued.max.request.bytes': number
  'quota.window.num': number
  'quota.window.size.seconds': number
  'socket.request.max.bytes': number
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': number
  'transaction.max.timeout.ms': number
  'transaction.remove.expired.transaction.cleanup.interval.ms': number
  'transaction.state.log.num.partitions': number
  'transaction.state.log.segment.bytes': number
  'transactional.id.expiration.ms': number
}

export type BrokerKey = keyof BrokerValues

const maxInt = 2_147_483_647
const fixed = 'read-only'

function overridesProblem(overrides: readonly string[]): string | undefined {
  return overrides.every((override) => /^.+:\d+$/.test(override)) ? undefined : 'Each element must be address:count'
}

export const brokerKeys: { readonly [Key in BrokerKey]: ConfigKey<BrokerValues[Key]> } = {
  ...logKeys,
  'advertised.listeners': key<readonly string[] | null>(
    'list',
    null,
    fixed,
    'NAME://host:port that clients are told to connect to; the bound address when not set.',
    { check: (listeners) => (listeners === null ? undefined : listenersProblem(listeners, 'advertised')) },
  ),
  'auto.create.topics.enable': key('boolean', true, fixed, 'Whether a client that asks for an unknown topic creates it.'),
  'broker.rack': key<string | null>('string', null, fixed, 'Rack that clients are told about.'),
  'connections.max.idle.ms': key('long', 600_000, fixed, 'Idle connections are closed after this time; negative never.'),
  'default.replication.factor': key('int', 1, fixed, 'Replication factor of topics that do not say.', { min: 1 }),
  'delete.topic.enable': key('boolean', true, fixed, 'Whether topics may be deleted.'),
  'fetch.max.bytes': key('int', 57_671_680, fixed, 'Largest answer to one fetch.', { min: 1024 }),
  'group.initial.rebalance.delay.ms': key(
    'int',
    3000,
    fixed,
    'How long an empty classic group waits for more members before its first rebalance.',
  ),
  'group.max.session.timeout.ms': key('int', 1_800_000, fixed, 'Largest session timeout that a member may ask for.'),
  'group.max.size': key('int', maxInt, fixed, 'Largest number of members of a group.', { min: 1 }),
  'group.min.session.timeout.ms': key('int', 6000, fixed, 'Smallest session timeout that a member may ask for.'),
  'listener.security.protocol.map': key<readonly string[]>(
    'list',
    ['SASL_SSL:SASL_SSL', 'PLAINTEXT:PLAINTEXT', 'SSL:SSL', 'SASL_PLAINTEXT:SASL_PLAINTEXT'],
    fixed,
    'Security protocol of each listener name.',
    { check: protocolMapProblem },
  ),
  listeners: key<readonly string[]>('list', ['PLAINTEXT://127.0.0.1:9092'], fixed, 'NAME://host:port to listen on.', {
    check: (listeners) => listenersProblem(listeners, 'bound'),
  }),
  'log.dirs': key<readonly string[] | null>('list', null, fixed, 'The data directory; one only.', {
    check: (directories) => (directories !== null && directories.length > 1 ? 'One data directory is supported' : undefined),
  }),
  'max.connections': key('int', maxInt, 'cluster-wide', 'Connections that may be open at once.', { min: 0 }),
  'max.connections.per.ip': key('int', maxInt, 'cluster-wide', 'Connections that one address may have open at once.', { min: 0 }),
  'max.connections.per.ip.overrides': key<readonly string[]>(
    'list',
    [],
    'cluster-wide',
    'address:count pairs that replace max.connections.per.ip.',
    {
      check: overridesProblem,
    },
  ),
  'max.request.partition.size.limit': key('int', 2000, fixed, 'Most partitions in one answer to DescribeTopicPartitions.', { min: 1 }),
  'node.id': key('int', 1, fixed, 'Id of this node.', { min: 0 }),
  'num.partitions': key('int', 1, fixed, 'Partitions of topics that do not say.', { min: 1 }),
  'offset.metadata.max.bytes': key('int', 4096, fixed, 'Largest metadata of a committed offset.'),
  'offsets.commit.timeout.ms': key('int', 5000, fixed, 'How long a commit may wait to be written.', { min: 1 }),
  'offsets.retention.check.interval.ms': key('long', 600_000, fixed, 'How often expired offsets are looked for.', { min: 1 }),
  'offsets.retention.minutes': key('int', 10_080, fixed, 'How long the offsets of an empty group are kept.', { min: 1 }),
  'offsets.topic.num.partitions': key('int', 50, fixed, 'Partitions of __consumer_offsets; not to be changed later.', { min: 1 }),
  'offsets.topic.segment.bytes': key('int', 104_857_600, fixed, 'Segment size of __consumer_offsets.', { min: 1 }),
  'producer.id.expiration.check.interval.ms': key('int', 600_000, fixed, 'How often idle producers are looked for.', { min: 1 }),
  'producer.id.expiration.ms': key('int', 86_400_000, fixed, 'How long an idle producer is remembered.', { min: 1 }),
  'queued.max.request.bytes': key('long', -1, fixed, 'Bytes of requests that may be in progress at once; -1 stands for 256 MiB.'),
  'quota.window.num': key('int', 11, fixed, 'Samples over which the rate of a quota is measured.', { min: 1 }),
  'quota.window.size.seconds': key('int', 1, fixed, 'How long one of these samples lasts.', { min: 1 }),
  'socket.request.max.bytes': key('int', 104_857_600, fixed, 'Largest request.', { min: 1 }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': key(
    'int',
    10_000,
    fixed,
    'How often transactions that have been open for too long are looked for.',
    { min: 1 },
  ),
  'transaction.max.timeout.ms': key('int', 900_000, fixed, 'Longest time that a producer may ask for to end its transaction.', { min: 1 }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': key(
    'int',
    3_600_000,
    fixed,
    'How often transactional ids that are no longer used are looked for.',
    { min: 1 },
  ),
  'transaction.state.log.num.partitions': key('int', 50, fixed, 'Partitions of __transaction_state; not to be changed later.', { min: 1 }),
  'transaction.state.log.segment.bytes': key('int', 104_857_600, fixed, 'Segment size of __transaction_state.', { min: 1 }),
  'transactional.id.expiration.ms': key('int', 604_800_000, fixed, 'How long a transactional id that is not used is kept.', { min: 1 }),
}

export function isBrokerKey(name: string): name is BrokerKey {
  return Object.hasOwn(brokerKeys, name)
}
