/** How soon the broker serves and how little it holds when idle, page included. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startBrokerProcess } from '../interop/harness/broker-process.ts'

// On an idle machine the processor time is the wall time (`npm run bench` measures that); under load only the former means anything.
test('ready after at most 300 ms of processor time', { skip: process.platform !== 'linux' && 'read from /proc' }, async () => {
  await using broker = await startBrokerProcess()
  const fields = readFileSync(`/proc/${broker.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const clockTicks = Number(fields[11]) + Number(fields[12])
  const processorMs = clockTicks * 10
  assert.ok(processorMs > 0 && processorMs <= 300, `${processorMs} ms`)
})

test('idle under 100 MB', { skip: process.platform !== 'linux' && 'read from /proc' }, async () => {
  await using broker = await startBrokerProcess()
  await setTimeout(1000)
  const residentKb = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${broker.pid}/status`, 'utf8'))?.[1])
  assert.ok(residentKb > 0 && residentKb < 100 * 1024, `${residentKb} kB resident`)
})
