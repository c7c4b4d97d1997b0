// kafkajs: arrays of 5,000 with four outstanding and eachBatch are its fastest ways.
import { importPeer } from './peer.mjs'

const { CompressionTypes, Kafka, logLevel } = (await importPeer('kafkajs')).default

export const record = (_topic, key, value) => ({ key: key ?? null, value })

const open = (bootstrap) => new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })

export async function openProducer({ bootstrap, topic, codec = 'none' }) {
  if (codec !== 'none' && codec !== 'gzip') await addCodec(codec)
  const producer = open(bootstrap).producer()
  await producer.connect()
  const compression = CompressionTypes[{ none: 'None', gzip: 'GZIP', lz4: 'LZ4', zstd: 'ZSTD' }[codec]]
  return {
    arrays: { sendMany: (messages) => producer.send({ topic, messages, compression }) },
    single: { send: (message) => producer.send({ topic, messages: [message], compression }) },
    close: () => producer.disconnect(),
  }
}

// It has no codec but gzip and has one plug in the others.
async function addCodec(codec) {
  const { CompressionCodecs } = (await importPeer('kafkajs')).default
  if (codec === 'lz4') {
    const { compressFrame, decompressFrame } = (await importPeer('lz4-napi')).default
    const lz4 = { compress: ({ buffer }) => compressFrame(buffer), decompress: (buffer) => decompressFrame(buffer) }
    CompressionCodecs[CompressionTypes.LZ4] = () => lz4
  } else {
    const { Decoder, Encoder } = (await importPeer('@toondepauw/node-zstd')).default
    const encoder = new Encoder(3)
    const decoder = new Decoder()
    const zstd = { compress: ({ buffer }) => encoder.encode(buffer), decompress: (buffer) => decoder.decode(buffer) }
    CompressionCodecs[CompressionTypes.ZSTD] = () => zstd
  }
}

export async function openConsumer({ bootstrap, topic, codec = 'none', groupId, latest, onValues, onAssigned }) {
  if (codec !== 'none' && codec !== 'gzip') await addCodec(codec)
  const consumer = open(bootstrap).consumer({ groupId, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: !latest })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => onAssigned(payload.memberAssignment[topic]?.length ?? 0))
  await consumer.run({ eachBatch: async ({ batch }) => onValues(batch.messages.map((message) => message.value)) })
  return { close: () => consumer.disconnect() }
}

export async function openTransactions({ bootstrap, topic }) {
  const producer = open(bootstrap).producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  return {
    async run(messages) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages })
      await transaction.commit()
    },
    close: () => producer.disconnect(),
  }
}
