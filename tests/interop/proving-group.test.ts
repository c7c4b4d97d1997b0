// A consumer group of ours on Apache Kafka behind the fault proxy: the checker finds nothing in its history.

import { after, test } from 'node:test'
import { Kafka } from '@odradek/client'
import { nervousBroker } from '../proving/workload/fault-plans.ts'
import { assertGroupIsServed } from '../proving/workload/faulty-group.ts'
import { startKafka } from './harness/kafka-server.ts'

const PARTITIONS = 6

const kafka = await startKafka({ configs: nervousBroker })
after(() => kafka.stop())

for (const strategy of ['range', 'round-robin', 'sticky', 'cooperative-sticky']) {
  test(`a group whose members come and go is given every record (${strategy})`, { timeout: 120_000 }, async (t) => {
    const { bootstrapServers } = kafka
    await using client = new Kafka({ bootstrapServers })
    await client.admin().createTopics([{ topic: strategy, partitions: PARTITIONS }])
    const options = { bootstrapServers, topic: strategy, partitions: PARTITIONS, strategy, records: 4000, seed: 1 }
    await assertGroupIsServed(options, (line) => t.diagnostic(line))
  })
}
