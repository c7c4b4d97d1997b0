/** Topics that whoever starts the broker wants to be there. */

import { ErrorCodes } from '@odradek/protocol'
import type { TopicOptions } from './broker-options.ts'
import type { Cluster } from './cluster.ts'
import { configText } from './config/config-key.ts'

/** Creates those that do not exist. Rejects with MetadataError when one cannot be created, with ConfigError for a value that is no text. */
export async function ensureTopics(cluster: Cluster, topics: Readonly<Record<string, TopicOptions>>): Promise<void> {
  const specs = Object.entries(topics)
    .filter(([name]) => cluster.topics.get(name) === undefined)
    .map(([name, { partitions, configs }]) => ({
      name,
      numPartitions: partitions ?? -1,
      replicationFactor: -1,
      assignments: [],
      configs: Object.entries(configs ?? {}).map(([key, value]) => ({ name: key, value: configText(key, value) })),
    }))
  for (const { error } of await cluster.topics.create(specs, { validateOnly: false })) {
    if (error !== undefined && error.errorCode !== ErrorCodes.TOPIC_ALREADY_EXISTS) throw error
  }
}
