/** Makes the group coordinator of a broker: its configuration, its topic, its logs. */

import { ErrorCodes } from '@odradek/protocol'
import type { Runtime } from '@odradek/runtime'
import type { BrokerConfig } from '../../config/broker-config.ts'
import type { Logger } from '../../logger.ts'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import type { PartitionRegistry } from '../../metadata/partition-registry.ts'
import { CoordinatorError } from '../runtime/coordinator-error.ts'
import { defaultGroupCoordinatorConfig, type GroupCoordinatorConfig } from './group-config.ts'
import { GroupCoordinator, groupTopic } from './group-coordinator.ts'

export interface StartGroupCoordinatorOptions {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly config: BrokerConfig
  readonly metadata: MetadataStore
  readonly partitions: PartitionRegistry
}

/** Starts to load the groups if there can be any; else as soon as __consumer_offsets is created, by whomever. */
export function startGroupCoordinator(options: StartGroupCoordinatorOptions): GroupCoordinator {
  const { runtime, logger, metadata, partitions } = options
  const groups = new GroupCoordinator({
    runtime,
    logger,
    config: groupCoordinatorConfig(options.config),
    openLog: (partition) => {
      const topic = metadata.image.topic(groupTopic)
      return topic === undefined ? Promise.reject(new CoordinatorError(ErrorCodes.NOT_COORDINATOR)) : partitions.open(topic, partition)
    },
  })
  const startWhenThere = (): void => {
    const topic = metadata.image.topic(groupTopic)
    if (topic === undefined) return
    stopWatching()
    groups.start(topic.partitions.length)
  }
  const stopWatching = metadata.onChange(startWhenThere)
  startWhenThere()
  return groups
}

function groupCoordinatorConfig(config: BrokerConfig): GroupCoordinatorConfig {
  return {
    ...defaultGroupCoordinatorConfig,
    initialRebalanceDelayMs: config.get('group.initial.rebalance.delay.ms'),
    maxSize: config.get('group.max.size'),
    minSessionTimeoutMs: config.get('group.min.session.timeout.ms'),
    maxSessionTimeoutMs: config.get('group.max.session.timeout.ms'),
    offsetMetadataMaxBytes: config.get('offset.metadata.max.bytes'),
    offsetsRetentionMs: config.get('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckIntervalMs: config.get('offsets.retention.check.interval.ms'),
    commitTimeoutMs: config.get('offsets.commit.timeout.ms'),
  }
}
