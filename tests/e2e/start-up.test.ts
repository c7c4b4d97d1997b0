/** How soon the broker serves and how little it holds when idle, page included. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startBrokerProcess } from '../interop/harness/broker-process.ts'

test('ready within 300 ms of the start of its process, the best of five', async () => {
  const startsMs: number[] = []
  for (let run = 0; run < 5; run++) {
    await using broker = await startBrokerProcess()
    startsMs.push(broker.startMs)
    assert.equal(await broker.stop(), 0)
  }
  assert.ok(Math.min(...startsMs) <= 300, `starts took ${startsMs.map(Math.round).join(', ')} ms`)
})

test('idle under 100 MB', { skip: process.platform !== 'linux' && 'read from /proc' }, async () => {
  await using broker = await startBrokerProcess()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const residentKb = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${broker.pid}/status`, 'utf8'))?.[1])
  assert.ok(residentKb > 0 && residentKb < 100 * 1024, `${residentKb} kB resident`)
})
