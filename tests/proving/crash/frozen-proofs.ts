/** Memory under full load without a broker: the same proof, however long it is stopped. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFrozen } from './frozen-broker.ts'

const MiB = 1024 * 1024
const BUFFER_BYTES = 32 * MiB
const VALUE_BYTES = 1000
/** A quarter more than there is room for. */
const WINDOW = 40_000
/** Without a limit V8 lets garbage grow as it likes; batches are not in its heap. */
const MAX_HEAP_MIB = 128
/** As docs/guide/producer.md states it, on top of buffer.memory and the heap. */
const OVERHEAD_BYTES = 120 * MiB

/** Registers the test. */
export function proveMemory({ stopMs, timeout }: { readonly stopMs: number; readonly timeout: number }): void {
  void test(`the broker stopped for ${stopMs / 1000} s under full load: memory is bounded, no record is without an outcome`, {
    timeout,
  }, async (t) => {
    const outcome = await runFrozen({
      stopMs,
      bufferMemoryBytes: BUFFER_BYTES,
      valueBytes: VALUE_BYTES,
      window: WINDOW,
      maxHeapMiB: MAX_HEAP_MIB,
    })
    const { stoppedRssBytes, workingRssBytes, acknowledged, timedOut, withoutRoom } = outcome
    const [working, stopped] = [workingRssBytes, stoppedRssBytes].map((bytes) => Math.round(bytes / MiB))
    t.diagnostic(`${working} MiB with the broker at work, ${stopped} MiB while it was stopped; buffer.memory ${BUFFER_BYTES / MiB} MiB`)
    t.diagnostic(`${acknowledged} acknowledged, ${timedOut} timed out, of which ${withoutRoom} without room`)
    assert.ok(withoutRoom > 0 && timedOut > withoutRoom, 'some time out without room and some without an answer')
    assert.ok(stoppedRssBytes <= BUFFER_BYTES + MAX_HEAP_MIB * MiB + OVERHEAD_BYTES, `${stoppedRssBytes} bytes`)
  })
}
