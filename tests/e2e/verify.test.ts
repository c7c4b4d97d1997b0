/** `odradek verify` as a user runs it. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { encodeEvent, type HistoryEvent, HistoryRecorder, ruleNames, type Verdict, type Violation } from '@odradek/history'
import { temporaryDirectory } from '../interop/harness/paths.ts'
import { mustOdradek, odradek } from './support/command-line.ts'

const scratch = await temporaryDirectory('verify')
after(() => scratch[Symbol.asyncDispose]())

/** Three records are acknowledged; a reader is given those that `read` names. */
function historyOf(read: readonly number[]): string {
  const lines: string[] = []
  let timeMs = 0
  const recorder = new HistoryRecorder({ now: () => ++timeMs, write: (event: HistoryEvent) => void lines.push(encodeEvent(event)) })
  recorder.topic({ topic: 'orders', partitions: 1 })
  recorder.openProducer({ client: 'p', process: 'p', acks: 'all', idempotent: true })
  for (let offset = 0; offset < 3; offset++) recorder.send({ client: 'p', topic: 'orders', value: `v${offset}` }).ok(0, offset)
  recorder.openConsumer({ client: 'c', process: 'c', isolation: 'read_committed', reset: 'earliest' })
  recorder.assigned({ client: 'c', partitions: [{ topic: 'orders', partition: 0 }] })
  const values = read.map((offset) => `v${offset}`)
  recorder.poll({ client: 'c' }).ok([{ topic: 'orders', partition: 0, offsets: read, values }])
  return lines.join('')
}

test('a clean history', async () => {
  const file = join(scratch.path, 'clean.ndjson')
  await writeFile(file, historyOf([0, 1, 2]))
  const { stdout, stderr } = await mustOdradek(['verify', file])
  assert.equal(stdout, '')
  assert.equal(stderr, '13 events: 3 records sent, 3 acknowledged, 3 read, 0 commits, 0 transactions, 1 assignments, 0 faults\n')
})

test('a violation is one line with its evidence, and exit code 1', async () => {
  const { code, stdout, stderr } = await odradek(['verify'], { stdin: historyOf([0, 2]) })
  assert.equal(code, 1)
  assert.equal(stdout, 'lost-write: "v1" was acknowledged at 1 of orders-0, but c read on past it, and nobody has seen it (events 7, 13)\n')
  assert.match(stderr, /^odradek: 1 violations of lost-write; /m)
})

test('the verdict for a program', async () => {
  const { code, stdout } = await odradek(['verify', '-', '-o', 'json'], { stdin: historyOf([0, 2]) })
  assert.equal(code, 1)
  const verdict = JSON.parse(stdout) as Verdict & { readonly clean: boolean }
  assert.equal(verdict.clean, false)
  assert.equal(verdict.counts.events, 13)
  const [{ message = '', ...violation } = {}] = verdict.violations as Partial<Violation>[]
  assert.ok(message.length > 0)
  assert.deepEqual(violation, { rule: 'lost-write', lines: [7, 13], topic: 'orders', partition: 0, offset: 1, value: 'v1', client: 'p' })
})

test('what cannot be judged says where and why', async () => {
  const cut = historyOf([0, 1, 2]).slice(0, -20)
  const broken = await odradek(['verify'], { stdin: cut })
  assert.equal(broken.code, 1)
  assert.match(broken.stderr, /^odradek: cannot judge the history on stdin: event 13: not JSON/)
  const absent = await odradek(['verify', join(scratch.path, 'absent')])
  assert.equal(absent.code, 1)
  assert.match(absent.stderr, /^odradek: there is no file /)
  const empty = await odradek(['verify'], { stdin: '' })
  assert.equal(empty.code, 1)
  assert.match(empty.stderr, /holds no events/)
})

test('the rules', async () => {
  const { stdout } = await mustOdradek(['verify', '--rules', '-o', 'ndjson'])
  const rules = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { rule: string }).rule)
  assert.deepEqual(rules, ruleNames)
})
