/** From options to a consumer: what must fit together is checked here. */

import { Cluster } from '../cluster/cluster.ts'
import { resolveClient } from '../config/client-config.ts'
import { consumerKeys } from '../config/consumer.ts'
import type { ClientOptions } from '../config/options.ts'
import { ConfigError } from '../errors/kafka-error.ts'
import { samplingOf } from '../metrics/sampled.ts'
import { tracePolls } from '../tracing/consumer-spans.ts'
import { createAssignors } from './assignors/built-in.ts'
import { ConsumerMetrics } from './consumer-metrics.ts'
import { KafkaConsumer } from './kafka-consumer.ts'
import { parseOffsetReset } from './offset-reset.ts'
import type { Consumer, ConsumerOptions } from './types.ts'

/** Throws ConfigError. */
export function createConsumer<K, V>(shared: ClientOptions, options: ConsumerOptions<K, V>, onClose: () => void): Consumer<K, V> {
  const { runtime, logger, common, tls, tracing, own } = resolveClient(consumerKeys, shared, options, [
    'key',
    'value',
    'assignors',
    'interceptors',
  ])
  if (own.heartbeatIntervalMs >= own.sessionTimeoutMs) {
    throw new ConfigError(`heartbeat.interval.ms (${own.heartbeatIntervalMs}) must be below session.timeout.ms (${own.sessionTimeoutMs})`)
  }
  if (options.assignors !== undefined && options.partitionAssignmentStrategy !== undefined) {
    throw new ConfigError("Give either 'assignors' or 'partitionAssignmentStrategy': the former may name assignors too")
  }
  const assignors = createAssignors(options.assignors ?? own.partitionAssignmentStrategy)
  const offsetReset = parseOffsetReset(own.autoOffsetReset)
  const metrics = new ConsumerMetrics(common.clientId, samplingOf(runtime.clock, common), own.isolationLevel === 'read_committed')
  const consumer = new KafkaConsumer({
    cluster: new Cluster({ runtime, config: common, tls, metrics: metrics.network }),
    config: own,
    offsetReset,
    assignors,
    metrics,
    key: options.key,
    value: options.value,
    interceptors: options.interceptors ?? [],
    onClose,
    logger,
  })
  if (tracing === undefined) return consumer
  return tracePolls(consumer, tracing, { clientId: common.clientId, groupId: own.groupId }, () => runtime.clock.nowMs())
}
