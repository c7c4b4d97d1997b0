/** @odradek/client: a Kafka client for TypeScript. */

export type { AdminConfig } from './config/admin.ts'
export type { CommonConfig } from './config/common.ts'
export type { ConsumerConfig } from './config/consumer.ts'
export type { ConfigKey, ConfigTable } from './config/descriptor.ts'
export type { ClientOptions, CloseOptions } from './config/options.ts'
export type { ProducerConfig } from './config/producer.ts'
export { adminKeys } from './config/admin.ts'
export { commonKeys } from './config/common.ts'
export { consumerKeys } from './config/consumer.ts'
export { producerKeys } from './config/producer.ts'
export type * from './admin/types.ts'
export type { Assignment, Assignor, AssignorMember, AssignorTopics, RebalanceProtocol } from './consumer/assignors/assignor.ts'
export type { AssignorName } from './consumer/assignors/built-in.ts'
export { createAssignor } from './consumer/assignors/built-in.ts'
export type { HandleOnceOptions, OnceStore } from './consumer/handle-once.ts'
export { handleOnce } from './consumer/handle-once.ts'
export type * from './consumer/types.ts'
export type { BrokerErrorCode, ClientErrorCode, KafkaErrorCode, KafkaErrorOptions } from './errors/kafka-error.ts'
export {
  AggregateKafkaError,
  BrokerError,
  ConfigError,
  ConnectionError,
  CorruptBatchError,
  KafkaError,
  LogTruncationError,
  ProtocolError,
  SendBatchError,
  SerializationError,
  StateError,
  TimeoutError,
  UnsupportedError,
} from './errors/kafka-error.ts'
export type { HeaderInput, HeadersInput } from './headers.ts'
export type { KafkaOptions } from './kafka.ts'
export { Kafka } from './kafka.ts'
export type { Logger } from './logger.ts'
export type { ChannelEvents } from './metrics/channels.ts'
export type { MetricValue } from './metrics/registry.ts'
export type { PartitionContext, Partitioner } from './producer/partitioner.ts'
export type {
  Producer,
  ProducerInterceptor,
  ProducerOptions,
  ProducerRecord,
  RecordMetadata,
  SendFailure,
  SentBatch,
  Transaction,
  TransactionalProducer,
} from './producer/types.ts'
export { bytes, float64, int32, int64, json, string, uuid } from './serde/basic.ts'
export type { AsyncDeserializer, BytesLike, Deserializer, Serde, Serialized, Serializer, SyncSerde, SyncSerializer } from './serde/serde.ts'
export type { Span, Tracer, TracingApi, TracingOptions } from './tracing/api.ts'
export type { ConsumerIdentity } from './tracing/consumer-spans.ts'
export { traceProcess } from './tracing/consumer-spans.ts'
export type {
  CommittedOffset,
  OffsetAndTimestamp,
  OffsetToCommit,
  PartitionInfo,
  SeekPosition,
  TopicPartition,
  TopicPartitionOffset,
} from './topic-partition.ts'
