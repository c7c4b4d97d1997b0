/** A stream that takes records: `pipeTo()` and `pipeline()` produce at the pace of the cluster. */

import type { ProducerRecord, RecordMetadata } from './types.ts'

export interface RecordSinkOptions<K, V> {
  /** Calls `onPlaced` once the record is in its batch. */
  readonly send: (record: ProducerRecord<K, V>, onPlaced: () => void) => Promise<RecordMetadata>
  readonly flush: () => Promise<void>
}

/**
 * A write is done when its record has found room in `buffer.memory`, not when it is acknowledged, and rejects when the record is refused. The
 * first record that fails puts the stream in error. close() waits until all are acknowledged. abort() takes nothing back.
 */
export function recordSink<K, V>({ send, flush }: RecordSinkOptions<K, V>): WritableStream<ProducerRecord<K, V>> {
  let failure: { readonly reason: unknown } | undefined
  return new WritableStream<ProducerRecord<K, V>>({
    write(record, controller) {
      return new Promise<void>((resolve, reject) => {
        send(record, resolve).catch((reason: Error) => {
          failure ??= { reason }
          controller.error(reason)
          reject(reason)
        })
      })
    },
    async close() {
      await flush()
      if (failure !== undefined) throw failure.reason
    },
  })
}
