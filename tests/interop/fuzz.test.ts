import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from '../fuzz/fuzz-run.ts'

/** The broker keeps the newest batches in memory, and groups that damaged requests have made until their sessions end. */
const heapGrowthBytesMax = 48 * 1024 * 1024

test('100,000 damaged requests: others are served, memory stays flat', { timeout: 300_000 }, async (context) => {
  // A seed decides every frame: what fails once fails again.
  const seed = Number(process.env['ODRADEK_SEED'] ?? 5)
  const result = await fuzz({ seed, frames: 100_000, connections: 32 })
  const about = `seed ${seed}`
  context.diagnostic(
    `${about}: ${result.answered} answered, ${result.closed} closed; the bystander got ${result.bystanderRequests} answers, ` +
      `the slowest after ${Math.round(result.slowestBystanderMs)} ms; memory grew by ${Math.round(result.heapGrowthBytes / 1024)} KiB`,
  )
  assert.deepEqual(result.unanswered, [], `${about}: valid requests without an answer`)
  assert.deepEqual(result.defects, [], about)
  assert.deepEqual(
    [...result.advertised].filter((name) => !result.covered.has(name)),
    [],
    `${about}: never damaged`,
  )
  assert.ok(result.bystanderRequests > 500, `${about}: the bystander got ${result.bystanderRequests} answers`)
  assert.ok(result.slowestBystanderMs < 2000, `${about}: the bystander waited ${result.slowestBystanderMs} ms`)
  assert.ok(result.heapGrowthBytes < heapGrowthBytesMax, `${about}: memory grew by ${result.heapGrowthBytes} bytes`)
})
