/** Every example runs, ends by itself and shows what it says it shows. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, test } from 'node:test'
import { rootDir } from '../interop/harness/paths.ts'
import { mustRun } from '../interop/harness/process.ts'

const examplesDir = join(rootDir, 'examples')
const runner = join(examplesDir, 'dist', 'run.js')

async function run(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await mustRun(process.execPath, [runner, name, ...args], { timeoutMs: 60_000 })
  return stdout
}

/** The figures of a line that begins with `name`. */
function figures(output: string, name: string): number[] {
  const line = output.split('\n').find((each) => each.startsWith(name)) ?? assert.fail(`no line '${name}' in:\n${output}`)
  return [...line.slice(name.length).matchAll(/-?[\d,]+(?:\.\d+)?/g)].map(([figure]) => Number(figure.replaceAll(',', '')))
}

const expectations: Readonly<Record<string, () => Promise<void>>> = {
  async throughput() {
    const output = await run('throughput', '20000')
    const [, defaultBytes = 0, defaultRatio] = figures(output, "Kafka's defaults")
    const [rate = 0, bytesAsSent = 0, ratio = 100] = figures(output, 'for throughput')
    assert.equal(defaultRatio, 100)
    assert.ok(rate > 0 && defaultBytes < 17_000 && ratio < 60, output)
    // What Kafka does without being told fills 16 KB at most.
    assert.ok((bytesAsSent * 100) / ratio > 16_384, output)
  },
  async latency() {
    // So few a second that most are alone in their batch, which waits for linger.ms=20 or for nothing; what a busy machine adds, it adds to both.
    const output = await run('latency', '150', '100')
    const [p50 = 0, p99 = 0] = figures(output, 'for latency')
    const [lingeringP50 = 0] = figures(output, 'for throughput')
    assert.ok(p50 > 0 && p99 >= p50, output)
    assert.ok(p50 < lingeringP50 && lingeringP50 >= 15, output)
  },
  async 'geo-routing'() {
    const output = await run('geo-routing')
    assert.match(output, /for eu sees 10 of eu in partition 0, 10 of eu in partition 1\n/)
    assert.match(output, /for asia sees 10 of asia in partition 4, 10 of asia in partition 5\n/)
  },
  async 'priority-lanes'() {
    const output = await run('priority-lanes')
    assert.match(output, /urgent 3: sent last, done when 200 of the 300 ordinary jobs were still waiting/)
    assert.match(output, /300 ordinary jobs and 3 urgent ones done/)
  },
  async reordering() {
    const output = await run('reordering')
    assert.match(output, /idempotence=false[\s\S]*the client warns: Without enable.idempotence[\s\S]*refused: 1, in the log: 2 3 4 5 1\n/)
    assert.match(output, /idempotence=true[^\n]*\n {2}sent 1 2 3 4 5, requests refused: 1, in the log: 1 2 3 4 5\n/)
  },
  async 'lost-answer'() {
    const output = await run('lost-answer')
    assert.match(output, /idempotence=false: sent once, requests 2, acknowledged at offset 1, records in the log: 2\n/)
    assert.match(output, /idempotence=true: sent once, requests 2, acknowledged at offset 0, records in the log: 1\n/)
  },
  async sink() {
    const output = await run('sink', '8000')
    assert.match(output, /^8000 lines read, 8000 records in the topic\n/)
    const [ahead = 0] = figures(output, 'the file was never read further ahead than')
    assert.ok(ahead > 0 && ahead < 4000, output)
  },
  async 'schema-registry'() {
    assert.equal(
      await run('schema-registry'),
      'offset 0: schema 42, spool\noffset 1: schema 42, thread\noffset 2: schema 42, needle\nasked the registry 2 times\n',
    )
  },
  async groups() {
    const output = await run('groups')
    assert.match(output, /order-processing: read 60 of 60 orders\n(?: {2}consumer [ABC] → P\d P\d\n){3}/)
    assert.match(output, /analytics: read 60 of 60 orders\n(?: {2}consumer [XY] → P\d P\d P\d\n){2}/)
  },
  async 'idle-consumers'() {
    const [before = '', after = ''] = (await run('idle-consumers')).split('the client warns: ')
    assert.equal([...before.matchAll(/ → idle\n/g)].length, 2)
    assert.match(after, /has no partition for this member/)
    assert.equal([...after.matchAll(/ → P\d/g)].length, 8)
  },
  async 'static-member'() {
    const output = await run('static-member')
    assert.match(output, /without group.instance.id: [1-9]\d* rebalances/)
    assert.match(output, /with group.instance.id: 0 rebalances; before it owned ([\d ]+), now \1\n/)
  },
  async 'rebalance-storm'() {
    const output = await run('rebalance-storm', '400')
    const [rebalances = 0, , again = 0, committed = 160] = figures(output, 'a plain loop')
    assert.ok(rebalances > 1 && again > 0 && committed < 160, output)
    for (const way of ['longer max.poll.interval.ms', 'fewer max.poll.records', 'paused while working']) {
      const [, , againNow = again, committedNow] = figures(output, way)
      assert.ok(againNow < again && committedNow === 160, output)
    }
  },
  async 'rolling-deploy'() {
    const output = await run('rolling-deploy', '2')
    for (const way of ['eager', 'cooperative', 'static members'])
      assert.match(output, new RegExp(`^${way} \\([^\\n]*\\n(?:P\\d {2}[AB·]+\\n){4} +A-+ +B-+ `, 'm'))
    const letGo = [...output.matchAll(/let go of (\d+) partitions/g)].map(([, count]) => Number(count))
    const [eager = 0, cooperative = 0, held = 1] = letGo
    assert.ok(eager > cooperative && held === 0, output)
  },
  async 'work-queue'() {
    const output = await run('work-queue')
    assert.match(output, /^300 calls of 20 ms in /)
    assert.match(output, /at most (?:1[0-9]|2[0-4]) at once, paused [1-9]\d* times, committed 300\n/)
  },
  async 'blocked-loop'() {
    const output = await run('blocked-loop')
    assert.match(output, /in one piece[^\n]*: thrown out, the commit is refused: .*UNKNOWN_MEMBER_ID/)
    assert.match(output, /in slices[^\n]*: still a member, the commit is taken\n/)
  },
  async 'commit-patterns'() {
    const output = await run('commit-patterns')
    assert.match(output, /^auto: processed 40; committed before close: nothing; after: 20, 20\n/)
    for (const name of ['sync', 'async'])
      assert.ok(output.includes(`\n${name}: processed 40; committed before close: 20, 20; after: 20, 20\n`), output)
    assert.match(output, /\nper partition: [^\n]*before close: 20 after order 38, 20 after order 39;/)
  },
  async 'handle-once'() {
    const output = await run('handle-once')
    assert.match(output, /^first: was handed 7 records, Error: crashed; the balance is 600 cents\n/)
    assert.match(output, /\nsecond: was handed 11 records, read to the end; the balance is 1000 cents\n/)
    assert.match(output, /\nthird: was handed 0 records, read to the end; the balance is 1000 cents\n/)
  },
}

// They wait most of the time.
describe('examples', { concurrency: 2 }, () => {
  for (const [name, check] of Object.entries(expectations)) it(name, check)
})

test('every example has its expectation, its line in the list, and no more than 80 lines', async () => {
  const names = readdirSync(examplesDir).filter((name) => name !== 'dist' && existsSync(join(examplesDir, name, 'main.ts')))
  assert.deepEqual(names.sort(), Object.keys(expectations).sort())
  const { stdout } = await mustRun(process.execPath, [runner], {})
  const readme = readFileSync(join(examplesDir, 'README.md'), 'utf8')
  for (const name of names) {
    assert.match(stdout, new RegExp(`^ {2}${name} +\\S.*\\?$`, 'm'))
    assert.ok(readme.includes(`| [\`${name}\`](${name}/main.ts) |`), `${name} is not in examples/README.md`)
    assert.ok(readFileSync(join(examplesDir, name, 'main.ts'), 'utf8').split('\n').length <= 90, `${name} is too long`)
  }
})
