// What scenarios are made of: settings, payloads, brokers, topics.
import { brokerOf, createTopic, deleteTopic } from './brokers.mjs'
import { writePayloads } from './payloads.mjs'

export const throughputSettings = { lingerMs: 5, batchSize: 65_536 }
export const latencySettings = { lingerMs: 0, batchSize: 16_384 }
export const payloadsOf = ({ shape = 'text', size }) => writePayloads(shape, size)

export const onKafka = async (work) => await work(await brokerOf('Apache Kafka'))

export const brokerNames = ['odradek', 'Apache Kafka']

export async function withBoth(work) {
  const brokers = {}
  for (const name of brokerNames) brokers[name] = await brokerOf(name)
  return await work(brokers)
}

export async function onFreshTopic(broker, work) {
  const topic = await createTopic(broker)
  const result = await work(topic)
  await deleteTopic(broker, topic)
  return result
}
