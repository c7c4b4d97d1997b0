/** Memory under full load without a broker: the same proofs, however long it is stopped. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFrozen } from './frozen-broker.ts'

const MiB = 1024 * 1024
/** Of docs/guide/producer.md: Node, the program and its garbage, and what each send() takes until it is settled. */
const BASE_BYTES = 150 * MiB
const BYTES_A_RECORD = 1024

/** Registers the tests. */
export function proveMemory({ stopMs, timeout }: { readonly stopMs: number; readonly timeout: number }): void {
  for (const [valueBytes, window] of [
    [1000, 50_000],
    [100, 300_000],
  ] as const) {
    test(`records of ${valueBytes} bytes, the broker stopped for ${stopMs / 1000} s: memory is bounded, no record is without an outcome`, {
      timeout,
    }, async (t) => {
      const bufferMemoryBytes = 32 * MiB
      const run = { stopMs, bufferMemoryBytes, valueBytes, window }
      const { stoppedRssBytes, workingRssBytes, acknowledged, timedOut, withoutRoom } = await runFrozen(run)
      const limit = bufferMemoryBytes + BASE_BYTES + window * BYTES_A_RECORD
      const rss = [workingRssBytes, stoppedRssBytes, limit].map((bytes) => Math.round(bytes / MiB))
      t.diagnostic(`${rss[0]} MiB with the broker at work, ${rss[1]} while it was stopped, ${rss[2]} allowed`)
      t.diagnostic(`${acknowledged} acknowledged, ${timedOut} timed out, of which ${withoutRoom} without room`)
      assert.ok(withoutRoom > 0 && timedOut > withoutRoom, 'some time out without room and some without an answer')
      assert.ok(stoppedRssBytes <= limit, `${stoppedRssBytes} of ${limit} bytes`)
    })
  }
}
