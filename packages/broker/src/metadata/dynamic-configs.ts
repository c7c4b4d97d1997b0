/** Carries settings that have changed to where they act: the broker's configuration, and the logs of open partitions. */

import type { BrokerConfig } from '../config/broker-config.ts'
import type { BrokerKey } from '../config/broker-keys.ts'
import { isBrokerKey } from '../config/broker-keys.ts'
import { logConfigOf } from '../config/topic-config.ts'
import type { ClusterImage } from './cluster-image.ts'
import type { MetadataRecord } from './metadata-records.ts'
import { ResourceTypes } from './metadata-records.ts'
import type { MetadataStore } from './metadata-store.ts'
import type { PartitionRegistry } from './partition-registry.ts'

/** The resource name of settings that hold for every broker. */
export const everyBroker = ''

export function followConfigs(metadata: MetadataStore, config: BrokerConfig, partitions: PartitionRegistry, nodeId: number): void {
  applyBrokerConfigs(metadata.image, config, nodeId)
  metadata.onChange((records) => {
    if (records.some((record) => record.type === 'config' && record.resourceType === ResourceTypes.Broker)) {
      applyBrokerConfigs(metadata.image, config, nodeId)
    }
    for (const name of changedTopics(records)) applyTopicConfigs(name, metadata.image, config, partitions)
  })
  config.onChange(() => {
    for (const partition of partitions.all()) {
      const topic = metadata.image.topic(partition.topic)
      if (topic !== undefined) partition.updateConfig(logConfigOf(topic.configs, config))
    }
  })
}

function applyBrokerConfigs(image: ClusterImage, config: BrokerConfig, nodeId: number): void {
  config.setDynamic(brokerTexts(image, everyBroker), brokerTexts(image, String(nodeId)))
}

export function brokerTexts(image: ClusterImage, resourceName: string): Map<BrokerKey, string> {
  const texts = new Map<BrokerKey, string>()
  for (const [name, text] of image.configs(ResourceTypes.Broker, resourceName)) if (isBrokerKey(name)) texts.set(name, text)
  return texts
}

function changedTopics(records: readonly MetadataRecord[]): Set<string> {
  const names = new Set<string>()
  for (const record of records) {
    if (record.type === 'config' && record.resourceType === ResourceTypes.Topic) names.add(record.resourceName)
  }
  return names
}

function applyTopicConfigs(name: string, image: ClusterImage, config: BrokerConfig, partitions: PartitionRegistry): void {
  const topic = image.topic(name)
  if (topic === undefined) return
  const logConfig = logConfigOf(topic.configs, config)
  for (let partition = 0; partition < topic.partitions.length; partition++) partitions.opened(name, partition)?.updateConfig(logConfig)
}
