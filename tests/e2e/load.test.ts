/** `odradek produce` and `odradek perf produce` as processes: what they print, where, and how they end. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type BrokerProcess, startBrokerProcess } from '../interop/harness/broker-process.ts'
import { temporaryDirectory } from '../interop/harness/paths.ts'
import { mustOdradek, odradek } from './support/command-line.ts'

let broker: BrokerProcess
let bootstrapServers: string

before(async () => {
  broker = await startBrokerProcess()
  bootstrapServers = broker.bootstrapServers
})

after(async () => {
  await broker[Symbol.asyncDispose]()
})

async function consumeAll(topic: string): Promise<Record<string, unknown>[]> {
  const { stdout } = await mustOdradek(['consume', topic, '--from', 'earliest', '-e', '-o', 'ndjson'], { bootstrapServers })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('perf produce sends the payloads of a file in turn and prints the line of kafka-producer-perf-test, and nothing else', async () => {
  await using directory = await temporaryDirectory('payloads')
  const path = join(directory.path, 'payloads')
  await writeFile(path, 'one\ntwo\nthree\n')
  await mustOdradek(['topic', 'create', 'load', '-p', '1'], { bootstrapServers })
  const { stdout, stderr } = await mustOdradek(['perf', 'produce', 'load', '-n', '5', '--payload-file', path], { bootstrapServers })
  assert.match(
    stdout,
    /^5 records sent, \d+\.\d{6} records\/sec \(\d+\.\d\d MB\/sec\), \d+\.\d\d ms avg latency, \d+\.\d\d ms max latency, \d+ ms 50th, \d+ ms 95th, \d+ ms 99th, \d+ ms 99\.9th\.\n$/,
  )
  assert.equal(stderr, '')
  assert.deepEqual(
    (await consumeAll('load')).map(({ value }) => value),
    ['one', 'two', 'three', 'one', 'two'],
  )
})

test('produce names each line that failed, sends the others with their headers, and exits with 1', async () => {
  await mustOdradek(['topic', 'create', 'lines', '-p', '1'], { bootstrapServers })
  const args = ['produce', 'lines', '--key-separator', '::', '--null-value', 'NULL', '--header', 'h=1', '--header', 'h=2']
  const result = await odradek(args, { bootstrapServers, stdin: `a::1\nno separator\nb::NULL\nc::${'x'.repeat(2_000_000)}\n` })
  assert.equal(result.code, 1)
  assert.equal(result.stdout, '')
  assert.match(
    result.stderr,
    /^line 2: no key separator "::"\nline 4: .*max\.request\.size.*\nodradek: 2 records sent to lines in .* s; 2 lines were not\n$/,
  )
  const records = (await consumeAll('lines')).map(({ key, value, headers }) => ({ key, value, headers }))
  const headers = [
    ['h', '1'],
    ['h', '2'],
  ]
  assert.deepEqual(records, [
    { key: 'a', value: '1', headers },
    { key: 'b', value: null, headers },
  ])
})
