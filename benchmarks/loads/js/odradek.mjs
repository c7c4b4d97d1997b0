// Our client.
import { importPeer } from './peer.mjs'

const { Kafka } = await importPeer('@odradek/client')

// Java and librdkafka fill a buffer of 64 MB: far more outstanding.
export const outstanding = 20_000

export const record = (topic, key, value) => ({ topic, key, value })

export async function openProducer({ bootstrap, topic, lingerMs, batchSize, codec = 'none' }) {
  const kafka = new Kafka({ bootstrapServers: bootstrap })
  const producer = kafka.producer({ lingerMs, batchSize, compressionType: codec, bufferMemory: 67_108_864 })
  await producer.partitionsFor(topic)
  return {
    arrays: { sendMany: (records) => producer.sendBatch(records) },
    single: { send: (one) => producer.send(one) },
    close: () => kafka.close(),
  }
}

export async function openConsumer({ bootstrap, topic, groupId, latest, isolation, onValues, onAssigned }) {
  const kafka = new Kafka({ bootstrapServers: bootstrap })
  const autoOffsetReset = latest ? 'latest' : 'earliest'
  const consumer = kafka.consumer({ groupId, autoOffsetReset, maxPollRecords: 5000, isolationLevel: isolation ?? 'read_uncommitted' })
  const report = () => onAssigned(consumer.assignment().length)
  await consumer.subscribe([topic], { onAssigned: () => void setImmediate(report), onRevoked: () => void setImmediate(report) })
  let open = true
  const polling = (async () => {
    while (open) {
      const records = await consumer.poll(1000)
      if (records.length > 0) onValues(records.map((one) => one.value))
    }
  })()
  return {
    async close() {
      open = false
      consumer.wakeup()
      await polling
      await kafka.close()
    },
  }
}

export async function openTransactions({ bootstrap, topic, lingerMs, batchSize }) {
  const kafka = new Kafka({ bootstrapServers: bootstrap })
  const producer = kafka.producer({ transactionalId: topic, lingerMs, batchSize })
  await producer.initTransactions()
  return {
    run: (records) =>
      producer.transaction(async (transaction) => {
        for (const one of records) void transaction.send(one)
      }),
    close: () => kafka.close(),
  }
}

export async function openCommitter({ bootstrap, topic, groupId }) {
  const kafka = new Kafka({ bootstrapServers: bootstrap })
  const consumer = kafka.consumer({ groupId, enableAutoCommit: false })
  const partitions = (await consumer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition }))
  const at = (offset) => partitions.map((each) => ({ ...each, offset }))
  return {
    commitSync: (offset) => consumer.commitSync(at(offset)),
    commitAsync: (offset) => consumer.commitAsync(at(offset)),
    committed: async () => (await consumer.committed(partitions)).map(({ offset }) => offset),
    close: () => kafka.close(),
  }
}
