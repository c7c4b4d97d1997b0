/** Each mistake gets one line that says what to do, the right exit code, no stack trace, and leaves nothing half done. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type BrokerProcess, startBrokerProcess } from '../interop/harness/broker-process.ts'
import { temporaryDirectory } from '../interop/harness/paths.ts'
import type { ProcessResult } from '../interop/harness/process.ts'
import { mustOdradek, odradek } from './support/command-line.ts'

let broker: BrokerProcess

before(async () => {
  broker = await startBrokerProcess()
  await mustOdradek(['topic', 'create', 'orders', '-p', '1'], { bootstrapServers: broker.bootstrapServers })
})

after(async () => {
  await broker[Symbol.asyncDispose]()
})

/** What stdin made wrong is a line, and the summary of what was sent another. */
function assertLines(result: ProcessResult, code: number, pattern: RegExp, lines: number): void {
  assert.equal(result.code, code, result.stderr)
  assert.match(result.stderr, pattern)
  assert.equal(result.stderr.trimEnd().split('\n').length, lines, result.stderr)
  assert.doesNotMatch(result.stderr, /^\s+at /m)
  assert.equal(result.stdout, '')
}

function assertOneLine(result: ProcessResult, code: number, pattern: RegExp): void {
  assertLines(result, code, pattern, 1)
}

test('the port is taken', async () => {
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  try {
    const address = taken.address()
    assert.ok(address !== null && typeof address === 'object')
    await using directory = await temporaryDirectory('taken')
    const result = await odradek(['broker', '--port', String(address.port), '--no-page', '--data-dir', join(directory.path, 'data')])
    assertOneLine(result, 1, new RegExp(`port ${address.port}.*another port`))
  } finally {
    taken.close()
    await once(taken, 'close')
  }
})

test('the port of the web page is taken', async () => {
  await using directory = await temporaryDirectory('page')
  const args = ['broker', '--port', '0', '--page-port', String(broker.port), '--data-dir', join(directory.path, 'data')]
  assertOneLine(await odradek(args), 1, /web page.*--page-port/)
})

test('the data directory is in use', async () => {
  const result = await odradek(['broker', '--port', '0', '--no-page', '--data-dir', broker.dataDir])
  assertOneLine(result, 1, /in use/)
})

test('the data directory cannot be made', async () => {
  await using directory = await temporaryDirectory('file')
  const file = join(directory.path, 'a-file')
  await writeFile(file, '')
  const result = await odradek(['broker', '--port', '0', '--no-page', '--data-dir', join(file, 'data')])
  assertOneLine(result, 1, /data directory/)
})

test('an unknown broker configuration names the nearest', async () => {
  await using directory = await temporaryDirectory('config')
  const result = await odradek([
    'broker',
    '--port',
    '0',
    '--no-page',
    '--data-dir',
    join(directory.path, 'data'),
    '--set',
    'num.partition=3',
  ])
  assertOneLine(result, 1, /num\.partition.*num\.partitions/)
})

test('a host that others reach is refused', async () => {
  const result = await odradek(['broker', '--host', '0.0.0.0', '--port', '0'])
  assertOneLine(result, 2, /--allow-unauthenticated/)
})

test('an unknown topic names the nearest', async () => {
  const { bootstrapServers } = broker
  for (const args of [
    ['consume', 'ordres', '-e'],
    ['produce', 'ordres'],
    ['topic', 'describe', 'ordres'],
    ['topic', 'delete', 'ordres', '--yes'],
  ]) {
    assertOneLine(await odradek(args, { bootstrapServers, stdin: 'x\n' }), 1, /no topic "ordres"; did you mean "orders"\?/)
  }
})

test('an unknown topic configuration names the nearest, and no topic is made', async () => {
  const { bootstrapServers } = broker
  assertOneLine(await odradek(['topic', 'create', 'fresh', '-c', 'retention.m=5'], { bootstrapServers }), 1, /retention\.m.*retention\.ms/)
  const listed = await mustOdradek(['topic', 'list', '-o', 'ndjson'], { bootstrapServers })
  assert.doesNotMatch(listed.stdout, /fresh/)
})

test('an unknown client configuration names the nearest', async () => {
  const { bootstrapServers } = broker
  assertOneLine(
    await odradek(['topic', 'list', '-X', 'request.timeout=5'], { bootstrapServers }),
    1,
    /request\.timeout.*request\.timeout\.ms/,
  )
})

test('nobody is at the address', async () => {
  const started = performance.now()
  assertOneLine(await odradek(['topic', 'list', '-b', '127.0.0.1:1']), 1, /127\.0\.0\.1:1.*odradek broker/)
  assert.ok(performance.now() - started < 20_000)
})

test('a line that is not JSON is named, and its neighbours are sent', async () => {
  const { bootstrapServers } = broker
  const stdin = '{"value":"one"}\n{"value":\n{"value":"three"}\n'
  const result = await odradek(['produce', 'orders', '--ndjson'], { bootstrapServers, stdin })
  assertLines(result, 1, /^line 2: not JSON/m, 2)
  assert.match(result.stderr, /2 records sent to orders .*; 1 line was not/)
  const consumed = await mustOdradek(['consume', 'orders', '--from', 'earliest', '-e'], { bootstrapServers })
  assert.equal(consumed.stdout, 'one\nthree\n')
})

test('a record over the limit fails alone, by its line number', async () => {
  const { bootstrapServers } = broker
  await mustOdradek(['topic', 'create', 'small', '-p', '1'], { bootstrapServers })
  const stdin = `before\n${'x'.repeat(2_000_000)}\nafter\n`
  assertLines(await odradek(['produce', 'small'], { bootstrapServers, stdin }), 1, /^line 2: .*max\.request\.size/m, 2)
  const consumed = await mustOdradek(['consume', 'small', '--from', 'earliest', '-e'], { bootstrapServers })
  assert.equal(consumed.stdout, 'before\nafter\n')
})

test('a corrupt segment is said by command and broker, and the other topics are served', async () => {
  await using damaged = await startBrokerProcess()
  const { bootstrapServers, dataDir } = damaged
  for (const topic of ['bad', 'good']) {
    await mustOdradek(['topic', 'create', topic, '-p', '1'], { bootstrapServers })
    for (let batch = 0; batch < 3; batch++) await mustOdradek(['produce', topic], { bootstrapServers, stdin: 'x\n' })
  }
  damaged.process.child.kill('SIGTERM')
  assert.equal(await damaged.process.exited, 0)
  const segment = join(dataDir, 'bad-0', '00000000000000000000.log')
  const bytes = await readFile(segment)
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff
  await writeFile(segment, bytes)
  await damaged.restart()
  const read = (topic: string): Promise<ProcessResult> =>
    odradek(['consume', topic, '--from', 'earliest', '-e', '-X', 'default.api.timeout.ms=1500'], { bootstrapServers })
  const result = await read('bad')
  assert.equal(result.code, 1)
  assert.match(result.stderr, /^odradek: .*bad-0.*CORRUPT_MESSAGE/m)
  assert.match(damaged.process.stderr(), /bad-0 cannot be opened: Corrupt segment .* restore the file, or remove/)
  assert.equal((await read('good')).stdout, 'x\nx\nx\n')
})

test('a wrong command line exits 2 and names the nearest right one', async () => {
  for (const [args, pattern] of [
    [['topics', 'list'], /Did you mean topic\?/],
    [['topic', 'lst'], /Did you mean list\?/],
    [['consume', 'orders', '--form', 'earliest'], /Did you mean --from\?/],
    [['topic', 'list', '-o', 'xml'], /Allowed choices are table, json, ndjson, yaml/],
    [['consume', 'orders', '--from', 'yesterday'], /"yesterday" is no start/],
    [['broker', '--port', '99999'], /a port is a number from 0 to 65535/],
  ] as const) {
    assertOneLine(await odradek(args, { bootstrapServers: broker.bootstrapServers }), 2, pattern)
  }
})
