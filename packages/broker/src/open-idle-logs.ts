/** Opens the logs that nobody has asked for since the start, one after the other: retention reaches open logs alone. */

import type { ClusterState } from './cluster-state.ts'

/** Kafka's `log.initial.task.delay.ms`: who has just started has more urgent work. */
const initialDelayMs = 30_000

export function openIdleLogs(cluster: ClusterState): void {
  let isClosing = false
  const openAll = async (): Promise<void> => {
    for (const topic of cluster.topics.all()) {
      for (let partition = 0; partition < topic.partitions.length; partition++) {
        if (isClosing || cluster.topics.byId(topic.id) === undefined) break
        try {
          await cluster.partitions.open(topic, partition)
        } catch (error) {
          cluster.logger.error(`${topic.name}-${partition} cannot be opened: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
    }
  }
  const timer = cluster.runtime.clock.setTimer(initialDelayMs, () => void openAll(), true)
  cluster.whenClosing(() => {
    isClosing = true
    timer.cancel()
  })
}
