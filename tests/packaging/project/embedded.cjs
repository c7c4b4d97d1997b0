// Run by the packaging test inside an empty project: require() of the packages, and a broker inside this process; prints `embedded ok`.

const assert = require('node:assert/strict')
const { startBroker } = require('@odradek/broker')
const { Kafka, string } = require('@odradek/client')

async function main() {
  const broker = await startBroker({ topics: { greetings: { partitions: 1 } } })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const producer = kafka.producer({ key: string, value: string })
  const { offset } = await producer.send({ topic: 'greetings', key: 'k', value: 'hello' })
  assert.equal(offset, 0)
  await kafka.close()
  await broker.close()
  console.log('embedded ok')
}

void main()
