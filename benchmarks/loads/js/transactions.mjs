// Transactions one after the other, each ended before the next begins. A client's module has:
//   openTransactions(options)  → { run(records), close() }; run() begins one, sends the records in it and commits it
//   record(topic, key, value)  → the client's own shape of one
import { keys, readPayloads } from './workloads.mjs'

export async function transactions(client, options) {
  const { topic, records, inEach } = options
  const values = readPayloads(options)
  const make = (at) => client.record(topic, keys[at % keys.length], values[at % values.length])
  const count = records / inEach
  const producer = await client.openTransactions(options)
  // The first tenth warms up and does not count.
  const warmUp = Math.floor(count / 10)
  let start
  for (let n = 0; n < count; n++) {
    if (n === warmUp) start = performance.now()
    await producer.run(Array.from({ length: inEach }, (_, index) => make(n * inEach + index)))
  }
  const seconds = (performance.now() - start) / 1000
  await producer.close()
  return { transactionsPerSecond: (count - warmUp) / seconds }
}
