// What is measured, the same for each JavaScript client. A client's module has:
//   openProducer(options)  → { arrays?: { sendMany(records) }, single?: { send(record) }, push?: { push(record), flush() }, close() }
//   record(key, value)     → the client's own shape of one
//   openConsumer(options)  → { close() }; calls options.onValues(values) for each batch, options.onAssigned(partition count) for each assignment
//   outstanding            → how many single sends it does best with
import { readFileSync } from 'node:fs'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'

const arrayLength = 5000
const arraysUnderWay = 4
export const keys = Array.from({ length: 10_000 }, (_, n) => `key-${n}`)

export function readPayloads({ payloads, size }) {
  const all = readFileSync(payloads)
  return Array.from({ length: all.length / size }, (_, n) => all.subarray(n * size, (n + 1) * size))
}

export async function throughputOut(client, options) {
  const values = readPayloads(options)
  const key = options.keyed === '1' ? (n) => keys[n % keys.length] : () => undefined
  const make = (n) => client.record(options.topic, key(n), values[n % values.length])
  const producer = await client.openProducer(options)
  const start = performance.now()
  await ways[options.api](producer, make, options.records, client.outstanding ?? 1000)
  const seconds = (performance.now() - start) / 1000
  await producer.close()
  return { recordsPerSecond: options.records / seconds }
}

const ways = {
  async arrays({ arrays }, make, records) {
    let next = 0
    const worker = async () => {
      while (next < records) {
        const from = next
        const length = Math.min(arrayLength, records - from)
        next += length
        await arrays.sendMany(Array.from({ length }, (_, n) => make(from + n)))
      }
    }
    await Promise.all(Array.from({ length: arraysUnderWay }, worker))
  },
  single({ single }, make, records, outstanding) {
    return new Promise((resolve, reject) => {
      let sent = 0
      let settled = 0
      const onSettled = () => {
        settled += 1
        if (settled === records) resolve()
        else if (sent < records && sent - settled === outstanding >> 1) fill()
      }
      const fill = () => {
        while (sent < records && sent - settled < outstanding) single.send(make(sent++)).then(onSettled, reject)
      }
      fill()
    })
  },
  async push({ push }, make, records) {
    for (let n = 0; n < records; n++) {
      const wait = push.push(make(n))
      if (wait !== undefined) await wait
    }
    await push.flush()
  },
}

export async function throughputIn(client, options) {
  let received = 0
  let bytes = 0
  let start
  let done
  const finished = new Promise((resolve) => (done = resolve))
  const onValues = (values) => {
    start ??= performance.now()
    for (const value of values) bytes += value.length
    received += values.length
    if (received >= options.records) done(performance.now())
  }
  const consumer = await client.openConsumer({ ...options, groupId: `bench-${process.pid}`, onValues, onAssigned() {} })
  const seconds = ((await finished) - start) / 1000
  await consumer.close()
  if (bytes !== options.records * options.size) throw new Error(`${bytes} bytes in ${received} records`)
  return { recordsPerSecond: options.records / seconds }
}

function percentiles(latencies) {
  const sorted = Float64Array.from(latencies).sort()
  return { p50: sorted[Math.floor(sorted.length * 0.5)], p99: sorted[Math.floor(sorted.length * 0.99)] }
}

// The first tenth warms up and does not count.
const counted = (latencies) => percentiles(latencies.slice(Math.floor(latencies.length / 10)))

// Calls `send(n)` at the rate, a millisecond's worth at a time.
async function atRate(perSecond, records, send) {
  const start = performance.now()
  for (let n = 0; n < records; ) {
    const due = Math.min(records, Math.ceil(((performance.now() - start) * perSecond) / 1000))
    while (n < due) send(n++)
    await sleep(1)
  }
}

// One at a time, awaited; or at a rate, whatever is still under way.
export async function latency(client, options) {
  const values = readPayloads(options)
  const producer = await client.openProducer(options)
  const send = producer.single?.send ?? ((record) => producer.arrays.sendMany([record]))
  const latencies = []
  const timed = async (n) => {
    const from = performance.now()
    await send(client.record(options.topic, keys[n % keys.length], values[n % values.length]))
    latencies.push(performance.now() - from)
  }
  if (options.perSecond > 0) await atRate(options.perSecond, options.records, (n) => void timed(n))
  else for (let n = 0; n < options.records; n++) await timed(n)
  while (latencies.length < options.records) await turn()
  await producer.close()
  return counted(latencies)
}

// From send() to the consumer's hands. Producer and consumer share the process, and so the clock, as each peer's do here.
export async function endToEnd(client, options) {
  const latencies = []
  let assigned
  const ready = new Promise((resolve) => (assigned = resolve))
  const onValues = (values) => {
    const now = performance.now()
    for (const value of values) latencies.push(now - Buffer.from(value.buffer, value.byteOffset, value.length).readDoubleLE(0))
  }
  const onAssigned = (count) => count > 0 && assigned()
  const consumer = await client.openConsumer({ ...options, groupId: `bench-${process.pid}`, onValues, onAssigned, latest: true })
  const producer = await client.openProducer(options)
  await ready
  const send = producer.single?.send ?? ((record) => producer.arrays.sendMany([record]))
  await sleep(1000)
  const stamped = (n) => {
    const value = Buffer.alloc(options.size)
    value.writeDoubleLE(performance.now())
    return send(client.record(options.topic, keys[n % keys.length], value))
  }
  const sends = []
  await atRate(options.perSecond, options.records, (n) => sends.push(stamped(n)))
  await Promise.all(sends)
  while (latencies.length < options.records) await sleep(1)
  await producer.close()
  await consumer.close()
  return counted(latencies)
}

// The runner looks at the clock when it sees the line.
export async function firstAcknowledgement(client, options) {
  const producer = await client.openProducer(options)
  const send = producer.single?.send ?? ((record) => producer.arrays.sendMany([record]))
  await send(client.record(options.topic, undefined, Buffer.from('first')))
  console.log('acknowledged')
  await producer.close()
  return {}
}

// First member to its first assignment; a second one joins until both are stable; it leaves until the first has all again.
export async function groupTimes(client, options) {
  const groupId = `bench-${process.pid}`
  const counts = [0, 0]
  const waiting = []
  const changed = () => waiting.splice(0).forEach((wake) => wake())
  const join = (member) =>
    client.openConsumer({
      ...options,
      groupId,
      onValues() {},
      onAssigned(count) {
        counts[member] = count
        changed()
      },
    })
  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => waiting.push(resolve))
    return performance.now()
  }
  const start = performance.now()
  const first = await join(0)
  const firstMs = (await until(() => counts[0] === 6)) - start
  const secondStart = performance.now()
  const second = await join(1)
  const secondMs = (await until(() => counts[0] === 3 && counts[1] === 3)) - secondStart
  const leaveStart = performance.now()
  await second.close()
  const leaveMs = (await until(() => counts[0] === 6)) - leaveStart
  await first.close()
  return { firstMs, secondMs, leaveMs }
}
