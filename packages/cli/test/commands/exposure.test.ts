import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseExposure } from '../../src/commands/broker/exposure.ts'
import { UsageError } from '../../src/errors.ts'

for (const [host, listeners] of [
  ['127.0.0.1', undefined],
  ['localhost', undefined],
  ['::1', undefined],
  ['0.0.0.0', 'PLAINTEXT://127.0.0.1:9092,OTHER://[::1]:9093'],
] as const) {
  test(`${listeners ?? host} is this machine alone`, () => refuseExposure(host, listeners))
}

for (const [host, listeners] of [
  ['0.0.0.0', undefined],
  ['::', undefined],
  ['127.0.0.1.example.org', undefined],
  ['127.0.0.1', 'PLAINTEXT://:9092'],
  ['127.0.0.1', 'PLAINTEXT://127.0.0.1:9092, OTHER://10.0.0.1:9093'],
] as const) {
  test(`${listeners ?? host} is refused`, () => assert.throws(() => refuseExposure(host, listeners), UsageError))
}
