import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz-run.ts'

test('damaged requests of every API and version harm nobody else', { timeout: 60_000 }, async () => {
  const seed = Math.floor(Math.random() * 2 ** 32)
  const result = await fuzz({ seed, frames: 4000, connections: 16 })
  const context = `seed ${seed}`
  assert.deepEqual(result.unanswered, [], `${context}: valid requests without an answer`)
  assert.deepEqual(result.defects, [], context)
  assert.ok(result.covered.size > result.advertised.size * 0.9, `${context}: only ${result.covered.size} of ${result.advertised.size}`)
  assert.ok(result.answered > 100 && result.closed > 100, `${context}: ${result.answered} answered, ${result.closed} closed`)
  assert.ok(result.bystanderRequests > 20, `${context}: the bystander got ${result.bystanderRequests} answers`)
  assert.ok(result.slowestBystanderMs < 2000, `${context}: the bystander waited ${result.slowestBystanderMs} ms`)
})
