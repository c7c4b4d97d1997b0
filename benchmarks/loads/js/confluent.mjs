// @confluentinc/kafka-javascript: produce() and consume() of its node-rdkafka classes are its fastest ways; send() is that of its promise API.
import { importPeer } from './peer.mjs'

const library = (await importPeer('@confluentinc/kafka-javascript')).default
const { Kafka } = library.KafkaJS

export const outstanding = 20_000

export const record = (_topic, key, value) => ({ key: key ?? null, value })

const called = (work) =>
  new Promise((resolve, reject) => work((error) => (error ? reject(new Error(error.message, { cause: error })) : resolve())))

const connected = (client) => called((done) => client.connect({}, done))

export function openProducer(options) {
  return options.api === 'push' ? openRaw(options) : openPromises(options)
}

const settings = ({ bootstrap, lingerMs, batchSize, codec = 'none' }) => ({
  'bootstrap.servers': bootstrap,
  'linger.ms': lingerMs,
  'batch.size': batchSize,
  'compression.codec': codec,
  'enable.idempotence': true,
  'queue.buffering.max.messages': 1_000_000,
})

async function openRaw(options) {
  const producer = new library.Producer({ ...settings(options), dr_cb: false })
  await connected(producer)
  producer.setPollInterval(10)
  const push = (message) => {
    for (;;) {
      try {
        producer.produce(options.topic, null, message.value, message.key)
        return undefined
      } catch (error) {
        if (error.code !== library.CODES.ERRORS.ERR__QUEUE_FULL) throw error
        return new Promise((resolve) => setTimeout(resolve, 5)).then(() => push(message))
      }
    }
  }
  const flush = () => called((done) => producer.flush(60_000, done))
  return { push: { push, flush }, close: () => new Promise((resolve) => producer.disconnect(() => resolve())) }
}

async function openPromises(options) {
  const producer = new Kafka({}).producer(settings(options))
  await producer.connect()
  return {
    arrays: { sendMany: (messages) => producer.send({ topic: options.topic, messages }) },
    single: { send: (message) => producer.send({ topic: options.topic, messages: [message] }) },
    close: () => producer.disconnect(),
  }
}

export async function openConsumer({ bootstrap, topic, groupId, latest, onValues, onAssigned }) {
  const consumer = new library.KafkaConsumer(
    {
      'bootstrap.servers': bootstrap,
      'group.id': groupId,
      'queued.min.messages': 1_000_000,
      'fetch.queue.backoff.ms': 10,
      rebalance_cb: () => setTimeout(() => onAssigned(consumer.assignments().length), 0),
    },
    { 'auto.offset.reset': latest ? 'latest' : 'earliest' },
  )
  await connected(consumer)
  consumer.subscribe([topic])
  consumer.setDefaultConsumeTimeout(10)
  let open = true
  const next = () =>
    consumer.consume(10_000, (error, messages) => {
      if (error && open) throw error
      if (messages?.length > 0) onValues(messages.map((message) => message.value))
      if (open) next()
    })
  next()
  return {
    close: () => {
      open = false
      return new Promise((resolve) => consumer.disconnect(() => resolve()))
    },
  }
}

export async function openTransactions(options) {
  const producer = new Kafka({}).producer({ ...settings(options), 'transactional.id': options.topic })
  await producer.connect()
  return {
    // The commit flushes: to await the records first would be to wait for the linger time.
    async run(messages) {
      const transaction = await producer.transaction()
      const sent = transaction.send({ topic: options.topic, messages })
      await transaction.commit()
      await sent
    },
    close: () => producer.disconnect(),
  }
}
