/** The consumer's configuration, with the defaults of Kafka 4.3's Java client. */

import type { ConfigInputs, ConfigValues } from './descriptor.ts'

export const consumerKeys = {
  groupId: {
    kafka: 'group.id',
    type: 'string',
    default: null,
    mayBeEmpty: false,
    doc: 'The consumer group; needed to subscribe and to commit.',
  },
  groupInstanceId: {
    kafka: 'group.instance.id',
    type: 'string',
    default: null,
    mayBeEmpty: false,
    doc: 'Makes the member static: a restart within session.timeout.ms causes no rebalance.',
  },
  groupProtocol: {
    kafka: 'group.protocol',
    type: 'enum',
    default: 'classic',
    values: ['classic'],
    aliases: { CLASSIC: 'classic' },
    unsupported: { consumer: 'the protocol of KIP-848 is not supported yet', CONSUMER: 'the protocol of KIP-848 is not supported yet' },
    doc: 'How the group agrees on who reads what: classic, by JoinGroup and SyncGroup; the protocol of KIP-848, consumer, is not supported yet.',
  },
  enableAutoCommit: {
    kafka: 'enable.auto.commit',
    type: 'boolean',
    default: true,
    doc: 'poll() commits what earlier polls returned, every auto.commit.interval.ms, and close() too.',
  },
  autoCommitIntervalMs: { kafka: 'auto.commit.interval.ms', type: 'int', default: 5000, min: 0, doc: 'Time between automatic commits.' },
  autoOffsetReset: {
    kafka: 'auto.offset.reset',
    type: 'enum',
    default: 'latest',
    values: ['earliest', 'latest', 'none'],
    prefixes: { 'by_duration:': 'ISO duration' },
    doc: 'Where to start without a committed offset, or when it is out of range; none: fail; by_duration:PT1H: with the first record of the last hour (KIP-1106).',
  },
  isolationLevel: {
    kafka: 'isolation.level',
    type: 'enum',
    default: 'read_uncommitted',
    values: ['read_uncommitted', 'read_committed'],
    doc: 'read_committed hands over no record of an aborted or open transaction.',
  },
  partitionAssignmentStrategy: {
    kafka: 'partition.assignment.strategy',
    type: 'list',
    default: ['range', 'cooperative-sticky'],
    values: ['range', 'round-robin', 'sticky', 'cooperative-sticky'],
    aliases: {
      'org.apache.kafka.clients.consumer.RangeAssignor': 'range',
      'org.apache.kafka.clients.consumer.RoundRobinAssignor': 'round-robin',
      'org.apache.kafka.clients.consumer.StickyAssignor': 'sticky',
      'org.apache.kafka.clients.consumer.CooperativeStickyAssignor': 'cooperative-sticky',
      roundrobin: 'round-robin',
    },
    doc: 'Assignors by preference; the group uses one that all members have. Rebalances are cooperative when all are.',
  },
  sessionTimeoutMs: {
    kafka: 'session.timeout.ms',
    type: 'int',
    default: 45_000,
    min: 1,
    doc: 'Without a heartbeat for this long the member is out of the group.',
  },
  heartbeatIntervalMs: {
    kafka: 'heartbeat.interval.ms',
    type: 'int',
    default: 3000,
    min: 1,
    doc: 'Time between heartbeats; below a third of session.timeout.ms.',
  },
  maxPollIntervalMs: {
    kafka: 'max.poll.interval.ms',
    type: 'int',
    default: 300_000,
    min: 1,
    doc: 'Longest time between two poll() calls before the member leaves.',
  },
  maxPollRecords: { kafka: 'max.poll.records', type: 'int', default: 500, min: 1, doc: 'Most records one poll() returns.' },
  fetchMinBytes: {
    kafka: 'fetch.min.bytes',
    type: 'int',
    default: 1,
    min: 0,
    doc: 'The broker answers once it has this much, or after fetch.max.wait.ms.',
  },
  fetchMaxWaitMs: { kafka: 'fetch.max.wait.ms', type: 'int', default: 500, min: 0, doc: 'How long the broker waits for fetch.min.bytes.' },
  fetchMaxBytes: {
    kafka: 'fetch.max.bytes',
    type: 'int',
    default: 52_428_800,
    min: 0,
    doc: 'Most bytes in a response, and held in memory for each broker; a larger first batch still comes.',
  },
  maxPartitionFetchBytes: {
    kafka: 'max.partition.fetch.bytes',
    type: 'int',
    default: 1_048_576,
    min: 0,
    doc: 'Most bytes a partition in a response; a larger first batch still comes.',
  },
  checkCrcs: { kafka: 'check.crcs', type: 'boolean', default: true, doc: 'Verifies the checksum of every batch.' },
  allowAutoCreateTopics: {
    kafka: 'allow.auto.create.topics',
    type: 'boolean',
    default: true,
    doc: 'Lets the broker create a topic that is subscribed to, if it is set up to.',
  },
  excludeInternalTopics: {
    kafka: 'exclude.internal.topics',
    type: 'boolean',
    default: true,
    doc: 'A subscription by pattern leaves out internal topics, such as __consumer_offsets.',
  },
  defaultApiTimeoutMs: {
    kafka: 'default.api.timeout.ms',
    type: 'int',
    default: 60_000,
    min: 0,
    doc: 'Bound of calls that have none of their own.',
  },
  clientRack: {
    kafka: 'client.rack',
    type: 'string',
    default: '',
    doc: 'Where this consumer runs: a broker whose replica is closer may then serve its fetches (KIP-392), and assignors prefer partitions of its rack (KIP-881).',
  },
} as const

export type ConsumerConfig = ConfigInputs<typeof consumerKeys>
export type ConsumerValues = ConfigValues<typeof consumerKeys>
