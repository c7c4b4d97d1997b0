/** The gauges of the group coordinator, under the names that Kafka gives them. */

import { metricName, type MetricsRegistry } from '../../metrics/registry.ts'
import type { ClassicGroupState } from './classic/classic-group.ts'
import type { GroupCoordinator } from './group-coordinator.ts'

const states: readonly ClassicGroupState[] = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable']

export function registerGroupMetrics(metrics: MetricsRegistry, groups: GroupCoordinator): void {
  const gauge = (name: string, read: () => number): void =>
    metrics.gauge(metricName('kafka.coordinator.group', 'GroupMetadataManager', name), read)
  gauge('NumOffsets', () => groups.counts().offsets)
  gauge('NumGroups', () => [...groups.counts().states.values()].reduce((sum, count) => sum + count, 0))
  for (const state of states) gauge(`NumGroups${state}`, () => groups.counts().states.get(state) ?? 0)
}
