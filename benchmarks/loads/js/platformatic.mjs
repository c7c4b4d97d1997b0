// @platformatic/kafka: arrays of 5,000 with four outstanding; its producer stream for single records; its consumer stream with 50 MB fetches.
import { once } from 'node:events'
import { importPeer } from './peer.mjs'

const { Consumer, MessagesStreamModes, Producer } = await importPeer('@platformatic/kafka')

export const record = (topic, key, value) => ({ topic, key: key === undefined ? undefined : Buffer.from(key), value })

let clients = 0

export async function openProducer({ bootstrap, codec = 'none', lingerMs = 5, api }) {
  const producer = new Producer({ clientId: `bench-${++clients}`, bootstrapBrokers: [bootstrap], idempotent: true, compression: codec })
  const stream =
    api === 'push'
      ? producer.asStream({ batchSize: 4000, batchTime: Math.max(1, lingerMs), reportMode: 'none', highWaterMark: 20_000 })
      : undefined
  return {
    arrays: { sendMany: (messages) => producer.send({ messages }) },
    single: { send: (message) => producer.send({ messages: [message] }) },
    push: {
      push: (message) => (stream.write(message) ? undefined : once(stream, 'drain')),
      flush: async () => {
        stream.end()
        await once(stream, 'finish')
      },
    },
    close: () => producer.close(),
  }
}

export async function openConsumer({ bootstrap, topic, groupId, latest, onValues, onAssigned }) {
  const consumer = new Consumer({ clientId: `bench-${++clients}`, groupId, bootstrapBrokers: [bootstrap], maxBytes: 50_000_000 })
  const report = () => onAssigned(consumer.assignments?.find((one) => one.topic === topic)?.partitions.length ?? 0)
  consumer.on('consumer:group:join', report)
  const stream = await consumer.consume({
    topics: [topic],
    mode: latest ? MessagesStreamModes.LATEST : MessagesStreamModes.EARLIEST,
    maxWaitTime: 100,
  })
  stream.on('data', (message) => onValues([message.value]))
  report()
  return { close: () => consumer.close(true) }
}

// With its default of a second between attempts it waits for that of nearly every transaction: a broker asks for patience while it ends the last one.
export async function openTransactions({ bootstrap, topic }) {
  const producer = new Producer({
    clientId: `bench-${++clients}`,
    bootstrapBrokers: [bootstrap],
    idempotent: true,
    transactionalId: topic,
    retries: 1000,
    retryDelay: 1,
  })
  return {
    async run(messages) {
      const transaction = await producer.beginTransaction()
      await transaction.send({ messages })
      await transaction.commit()
    },
    close: () => producer.close(),
  }
}
