/** Real input through the command line, into six partitions and out by a group; the broker is killed in between. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type BrokerProcess, startBrokerProcess } from '../interop/harness/broker-process.ts'
import { mustOdradek } from './support/command-line.ts'
import { flightLines, flightsByOrigin, readFlights, valuesByKey } from './support/flights.ts'

interface RecordLine {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string
}

const parse = (stdout: string): RecordLine[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordLine)

const flights = readFlights()
let broker: BrokerProcess

before(async () => {
  broker = await startBrokerProcess()
})

after(async () => {
  await broker[Symbol.asyncDispose]()
})

test('20,000 flights go in, keyed by origin, and every one comes back in order for each key after a kill -9', async () => {
  const { bootstrapServers } = broker
  await mustOdradek(['topic', 'create', 'flights', '-p', '6'], { bootstrapServers })
  const produced = await mustOdradek(['produce', 'flights', '--ndjson'], { bootstrapServers, stdin: flightLines(flights) })
  assert.match(produced.stderr, /^20000 records sent to flights in /m)

  await broker.kill()
  await broker.restart()

  const consumed = await mustOdradek(['consume', 'flights', '-g', 'analysts', '--from', 'earliest', '-e', '-o', 'ndjson'], {
    bootstrapServers,
  })
  const records = parse(consumed.stdout)
  assert.equal(records.length, flights.length)
  assert.deepEqual(valuesByKey(records), flightsByOrigin(flights))
  assert.equal(new Set(records.map((record) => record.partition)).size, 6)
  const partitionsOfKey = new Map<string, number>()
  for (const { key, partition } of records)
    assert.equal(partitionsOfKey.get(key) ?? partition, (partitionsOfKey.set(key, partition), partition))
})

test('the group has no lag, also after another kill -9, and reads nothing twice', async () => {
  await broker.kill()
  await broker.restart()
  const { bootstrapServers } = broker
  const described = await mustOdradek(['group', 'describe', 'analysts', '-o', 'json'], { bootstrapServers })
  const rows = JSON.parse(described.stdout) as { partition: number; committedOffset: number; endOffset: number; lag: number }[]
  assert.deepEqual(
    rows.map((row) => [row.partition, row.lag]),
    [0, 1, 2, 3, 4, 5].map((partition) => [partition, 0]),
  )
  assert.equal(
    rows.reduce((total, row) => total + row.committedOffset, 0),
    flights.length,
  )
  const again = await mustOdradek(['consume', 'flights', '-g', 'analysts', '--from', 'earliest', '-e', '-o', 'ndjson'], {
    bootstrapServers,
  })
  assert.equal(again.stdout, '')
})

test('a topic is copied losslessly by piping consume into produce', async () => {
  const { bootstrapServers } = broker
  await mustOdradek(['topic', 'create', 'copy', '-p', '6'], { bootstrapServers })
  const source = await mustOdradek(['consume', 'flights', '--from', 'earliest', '-e', '-o', 'ndjson'], { bootstrapServers })
  await mustOdradek(['produce', 'copy', '--ndjson', '-X', 'compression.type=zstd'], { bootstrapServers, stdin: source.stdout })
  const copy = await mustOdradek(['consume', 'copy', '--from', 'earliest', '-e', '-o', 'ndjson'], { bootstrapServers })
  const withoutTopic = (stdout: string): string[] =>
    stdout
      .replaceAll(/"topic":"\w+",/g, '')
      .split('\n')
      .toSorted()
  assert.deepEqual(withoutTopic(copy.stdout), withoutTopic(source.stdout))
})
