/** The public API: an embedded, durable Kafka broker. */

export { Broker, startBroker } from './broker.ts'
export type { InterceptedCall, Interceptor } from './broker.ts'
export type { StartBrokerOptions, TopicOptions } from './broker-options.ts'
export { ConfigError } from './config/config-key.ts'
export type { Logger } from './logger.ts'
export { MetadataError } from './metadata/topic-plan.ts'
export { Histogram } from './metrics/histogram.ts'
export { Meter, MetricsRegistry } from './metrics/registry.ts'
export type { Metric } from './metrics/registry.ts'
export { ListenError } from './network/server.ts'
export { DataDirectoryError } from './storage/data-directory.ts'
export type { VirtualNode } from './virtual-node.ts'
