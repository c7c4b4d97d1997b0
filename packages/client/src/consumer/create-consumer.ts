/** From options to a consumer: what must fit together is checked here. */

import { Cluster } from '../cluster/cluster.ts'
import { resolveClient } from '../config/client-config.ts'
import { consumerKeys } from '../config/consumer.ts'
import type { ClientOptions } from '../config/options.ts'
import { ConfigError } from '../errors/kafka-error.ts'
import { samplingOf } from '../metrics/sampled.ts'
import { tracePolls } from '../tracing/consumer-spans.ts'
import type { Assignor } from './assignors/assignor.ts'
import { rangeAssignor } from './assignors/range.ts'
import { roundRobinAssignor } from './assignors/round-robin.ts'
import { ConsumerMetrics } from './consumer-metrics.ts'
import { KafkaConsumer } from './kafka-consumer.ts'
import { parseOffsetReset } from './offset-reset.ts'
import type { Consumer, ConsumerOptions } from './types.ts'

const assignors: Readonly<Record<string, Assignor>> = { range: rangeAssignor, 'round-robin': roundRobinAssignor }

/** Throws ConfigError. */
export function createConsumer<K, V>(shared: ClientOptions, options: ConsumerOptions<K, V>, onClose: () => void): Consumer<K, V> {
  const { runtime, common, tls, tracing, own } = resolveClient(consumerKeys, shared, options, ['key', 'value'])
  if (own.heartbeatIntervalMs >= own.sessionTimeoutMs) {
    throw new ConfigError(`heartbeat.interval.ms (${own.heartbeatIntervalMs}) must be below session.timeout.ms (${own.sessionTimeoutMs})`)
  }
  if (own.groupId === '') throw new ConfigError('group.id must not be empty')
  if (own.partitionAssignmentStrategy.length === 0) throw new ConfigError('partition.assignment.strategy must name an assignor')
  const offsetReset = parseOffsetReset(own.autoOffsetReset)
  const metrics = new ConsumerMetrics(common.clientId, samplingOf(runtime.clock, common), own.isolationLevel === 'read_committed')
  const consumer = new KafkaConsumer({
    cluster: new Cluster({ runtime, config: common, tls, metrics: metrics.network }),
    config: own,
    offsetReset,
    assignors: own.partitionAssignmentStrategy.flatMap((name) => assignors[name] ?? []),
    metrics,
    key: options.key,
    value: options.value,
    onClose,
  })
  if (tracing === undefined) return consumer
  return tracePolls(consumer, tracing, { clientId: common.clientId, groupId: own.groupId }, () => runtime.clock.nowMs())
}
