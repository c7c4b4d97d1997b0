// kill -9 of our broker, twenty times, with a thousand records and more in flight: what was acknowledged is there, exactly as sent.

import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrokerProcess, startBrokerProcess } from './harness/broker-process.ts'
import { runKcat } from './harness/kcat.ts'
import { harnessDir, temporaryDirectory } from './harness/paths.ts'
import type { StartedProcess } from './harness/process.ts'
import { startPython } from './harness/python.ts'

const rounds = 20
const minInFlight = 1000
const maxLineBytes = 120

/** Value by `partition offset`. */
type Records = Map<string, string>

function parse(text: string): Records {
  // The last line may be half written.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  const records: Records = new Map()
  for (const line of lines) {
    const [, position, value] = /^(\d+ \d+) (.*)$/.exec(line) ?? []
    if (position !== undefined && value !== undefined) records.set(position, value)
  }
  return records
}

async function everyRecord(broker: BrokerProcess): Promise<Records> {
  const args = ['-b', broker.bootstrapServers, '-C', '-t', 'crashing', '-o', 'beginning', '-e', '-q', '-f', '%p %o %s\n']
  const { code, stdout, stderr } = await runKcat(args)
  assert.equal(code, 0, stderr)
  return parse(stdout)
}

function inFlight(producer: StartedProcess): number {
  const said = [...producer.stdout().matchAll(/^in flight (\d+)$/gm)].at(-1)
  return Number(said?.[1] ?? 0)
}

/** Waits until a thousand acknowledgements more are logged and enough records are on their way. */
async function awaitLoad(producer: StartedProcess, logPath: string, sizeBefore: number): Promise<void> {
  const until = performance.now() + 20_000
  for (;;) {
    const grown = (await stat(logPath)).size - sizeBefore
    if (grown >= 1000 * maxLineBytes && inFlight(producer) >= minInFlight) return
    assert.ok(performance.now() < until, `no load: the log grew by ${grown}, ${inFlight(producer)} in flight\n${producer.stderr()}`)
    await sleep(20)
  }
}

function assertAllThere(acknowledged: Records, found: Records, round: number): void {
  let lost = 0
  for (const [position, value] of acknowledged) if (found.get(position) !== value) lost += 1
  assert.equal(lost, 0, `round ${round}: of ${acknowledged.size} acknowledged records, ${lost} are missing or not as they were sent`)
}

test('an acknowledged record survives kill -9, and idempotence leaves no record twice', { timeout: 300_000 }, async (t) => {
  await using scratch = await temporaryDirectory('crash')
  await using broker = await startBrokerProcess({ args: ['--set', 'num.partitions=3'] })
  const logPath = join(scratch.path, 'acknowledged')
  const script = join(harnessDir, 'python', 'acknowledged.py')
  await using producer = await startPython(script, [broker.bootstrapServers, 'crashing', logPath, '200000'])
  await producer.waitForLine(/in flight \d+/, 20_000)
  const starts: number[] = []
  let before = 0
  for (let round = 1; round <= rounds; round++) {
    await awaitLoad(producer, logPath, before)
    await broker.kill()
    // It would outrun whoever reads to the end.
    producer.child.kill('SIGSTOP')
    const acknowledged = parse(await readFile(logPath, 'utf8'))
    before = (await stat(logPath)).size
    await broker.restart()
    starts.push(Math.round(broker.startMs))
    assertAllThere(acknowledged, await everyRecord(broker), round)
    producer.child.kill('SIGCONT')
  }
  producer.child.stdin?.end()
  assert.equal(await producer.exited, 0, producer.stderr())
  assert.match(producer.stdout(), /produced \d+ failed 0 /)

  const acknowledged = parse(await readFile(logPath, 'utf8'))
  const found = await everyRecord(broker)
  assertAllThere(acknowledged, found, rounds + 1)
  assert.equal(new Set(found.values()).size, found.size, 'records that are there twice')
  t.diagnostic(`${acknowledged.size} acknowledged over ${rounds} crashes; started again in ${starts.join(', ')} ms`)
})
