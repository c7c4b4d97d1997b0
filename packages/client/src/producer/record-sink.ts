/** A stream that takes records: `pipeTo()` and `pipeline()` produce at the pace of the cluster. */

import type { ProducerRecord, RecordMetadata } from './types.ts'

export interface RecordSinkOptions<K, V> {
  readonly send: (record: ProducerRecord<K, V>) => Promise<RecordMetadata>
  /** Resolves once the record sent last is in its batch; undefined when it is. */
  readonly placed: () => Promise<void> | undefined
  readonly flush: () => Promise<void>
}

/**
 * A write is done when its record has found room in `buffer.memory`, not when it is acknowledged. The first record that fails puts the stream
 * in error. close() waits until all are acknowledged. abort() takes nothing back.
 */
export function recordSink<K, V>({ send, placed, flush }: RecordSinkOptions<K, V>): WritableStream<ProducerRecord<K, V>> {
  let failure: { readonly reason: unknown } | undefined
  return new WritableStream<ProducerRecord<K, V>>({
    write(record, controller) {
      send(record).catch((reason: unknown) => {
        failure ??= { reason }
        controller.error(reason)
      })
      return placed()
    },
    async close() {
      await flush()
      if (failure !== undefined) throw failure.reason
    },
  })
}
