/** The producer's configuration, with the defaults of Kafka 4.3's Java client. */

import type { ConfigInputs, ConfigValues } from './descriptor.ts'

export const producerKeys = {
  acks: {
    kafka: 'acks',
    type: 'enum',
    default: 'all',
    values: ['all', '1', '0'],
    aliases: { '-1': 'all' },
    doc: 'Who must have a record before it counts as sent: all in-sync replicas, the leader (1), nobody (0).',
  },
  enableIdempotence: {
    kafka: 'enable.idempotence',
    type: 'boolean',
    default: true,
    doc: 'Each record exactly once and in order per partition, whatever is retried. Off by itself when `acks` is 0 or 1 or `retries` 0; more than 5 requests in flight need it set to false.',
  },
  batchSize: {
    kafka: 'batch.size',
    type: 'int',
    default: 16_384,
    min: 0,
    doc: 'Bytes of a partition’s batch at which it is sent without waiting for linger.ms.',
  },
  lingerMs: { kafka: 'linger.ms', type: 'long', default: 5, min: 0, doc: 'How long a batch may wait for more records. 0 before Kafka 4.' },
  bufferMemory: {
    kafka: 'buffer.memory',
    type: 'long',
    default: 33_554_432,
    min: 0,
    doc: 'Bytes of records that may wait for acknowledgement; send() waits for room.',
  },
  maxBlockMs: { kafka: 'max.block.ms', type: 'long', default: 60_000, min: 0, doc: 'How long send() may wait for metadata and for room.' },
  maxRequestSize: {
    kafka: 'max.request.size',
    type: 'int',
    default: 1_048_576,
    min: 0,
    doc: 'Bytes of the largest request, and of the largest record before compression.',
  },
  maxInFlightRequestsPerConnection: {
    kafka: 'max.in.flight.requests.per.connection',
    type: 'int',
    default: 5,
    min: 1,
    doc: 'Requests sent to a broker before the first is answered.',
  },
  deliveryTimeoutMs: {
    kafka: 'delivery.timeout.ms',
    type: 'int',
    default: 120_000,
    min: 0,
    doc: 'From send() to success or failure, retries included; at least linger.ms + request.timeout.ms.',
  },
  retries: {
    kafka: 'retries',
    type: 'int',
    default: 2_147_483_647,
    min: 0,
    doc: 'How often a batch is sent again; delivery.timeout.ms is the better bound.',
  },
  compressionType: {
    kafka: 'compression.type',
    type: 'enum',
    default: 'none',
    values: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    doc: 'Codec for whole batches.',
  },
  compressionGzipLevel: {
    kafka: 'compression.gzip.level',
    type: 'int',
    default: -1,
    min: 1,
    max: 9,
    or: -1,
    doc: '1 (fast) to 9 (small); −1: the codec’s default.',
  },
  compressionZstdLevel: { kafka: 'compression.zstd.level', type: 'int', default: 3, min: -131_072, max: 22, doc: 'Up to 22 (small).' },
  partitionerClass: {
    kafka: 'partitioner.class',
    type: 'enum',
    default: 'default',
    values: ['default', 'sticky', 'uniform-sticky', 'round-robin'],
    aliases: {
      'org.apache.kafka.clients.producer.internals.DefaultPartitioner': 'sticky',
      'org.apache.kafka.clients.producer.UniformStickyPartitioner': 'uniform-sticky',
      'org.apache.kafka.clients.producer.RoundRobinPartitioner': 'round-robin',
      RoundRobinPartitioner: 'round-robin',
    },
    doc: 'By the key’s murmur2 hash; without a key, default (KIP-794): a partition until batch.size bytes went there, then another; sticky (KIP-480): another with each batch. uniform-sticky: as sticky, and round-robin: in turn, keys ignored.',
  },
  partitionerAdaptivePartitioningEnable: {
    kafka: 'partitioner.adaptive.partitioning.enable',
    type: 'boolean',
    default: true,
    doc: 'The default partitioner sends less to partitions whose batches pile up; false: as much to each.',
  },
  partitionerAvailabilityTimeoutMs: {
    kafka: 'partitioner.availability.timeout.ms',
    type: 'long',
    default: 0,
    min: 0,
    doc: 'With the adaptive default partitioner: nothing more to a broker that has taken none of its batches for this long; 0: never.',
  },
  partitionerIgnoreKeys: {
    kafka: 'partitioner.ignore.keys',
    type: 'boolean',
    default: false,
    doc: 'Places records with a key as if they had none.',
  },
  transactionalId: {
    kafka: 'transactional.id',
    type: 'string',
    default: null,
    doc: 'Makes the producer transactional: call initTransactions() first. Each running instance has its own; the same one after a restart.',
  },
  transactionTimeoutMs: {
    kafka: 'transaction.timeout.ms',
    type: 'int',
    default: 60_000,
    min: 0,
    doc: 'How long a transaction may stay open before the coordinator aborts it; at most the broker’s transaction.max.timeout.ms.',
  },
  metadataMaxIdleMs: {
    kafka: 'metadata.max.idle.ms',
    type: 'long',
    default: 300_000,
    min: 5000,
    doc: 'Forgets the metadata of a topic that nothing was sent to for this long.',
  },
} as const

export type ProducerConfig = ConfigInputs<typeof producerKeys>
export type ProducerValues = ConfigValues<typeof producerKeys>
