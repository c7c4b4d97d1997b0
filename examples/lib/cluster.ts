/** Where an example runs: on the cluster of $ODRADEK_BOOTSTRAP_SERVERS, else on a broker in this process that is gone when the example ends. */

import { randomUUID } from 'node:crypto'
import { startBroker } from '@odradek/broker'
import { Kafka } from '@odradek/client'

export interface Cluster extends AsyncDisposable {
  readonly kafka: Kafka
  readonly bootstrapServers: string
  /** Session timeouts cannot be shorter: 6 s unless the broker is told otherwise. */
  readonly minSessionTimeoutMs: number
  /** On a cluster that is not the example's own, names have a suffix, so that nothing of anybody's is touched. */
  named(name: string): string
  /** Returns the topic's name. It is deleted when the example ends. */
  createTopic(name: string, partitions: number): Promise<string>
}

export async function openCluster(): Promise<Cluster> {
  const given = process.env['ODRADEK_BOOTSTRAP_SERVERS']
  const broker = given === undefined ? await startBroker({ config: { 'group.min.session.timeout.ms': '300' } }) : undefined
  const bootstrapServers = given ?? broker?.bootstrapServers ?? ''
  const kafka = new Kafka({ bootstrapServers })
  const suffix = given === undefined ? '' : `-${randomUUID().slice(0, 8)}`
  const topics: string[] = []
  const named = (name: string): string => name + suffix
  return {
    kafka,
    bootstrapServers,
    minSessionTimeoutMs: broker === undefined ? 6000 : 300,
    named,
    async createTopic(name, partitions) {
      const topic = named(name)
      await kafka.admin().createTopics([{ topic, partitions }])
      topics.push(topic)
      return topic
    },
    async [Symbol.asyncDispose]() {
      if (topics.length > 0 && broker === undefined) await kafka.admin().deleteTopics(topics)
      await kafka.close()
      await broker?.close()
    },
  }
}
