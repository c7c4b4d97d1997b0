/** The metadata log: changes go in as one batch each, which a crash leaves whole or not at all, and come out again at start. */

import { readBatchHeader, RecordBatchBuilder, RecordCursor, recordsSection } from '@odradek/protocol'
import type { Runtime } from '@odradek/runtime'
import type { Partition } from '../partition/partition.ts'
import type { LogConfig } from '../storage/log-config.ts'
import { defaultLogConfig } from '../storage/log-config.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { MetadataRecord } from './metadata-records.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from './metadata-records.ts'

/** Nothing is ever removed from it, and a change is on the disk before anyone sees it. */
export const metadataLogConfig: LogConfig = {
  ...defaultLogConfig,
  retentionMs: -1,
  retentionBytes: -1,
  flushMessages: 1,
  maxMessageBytes: 64 * 1024 * 1024,
  segmentMs: Number.POSITIVE_INFINITY,
}

/** The log has failed: no change is taken until the broker is started again. */
export class MetadataWriteError extends StorageError {
  override readonly name = 'MetadataWriteError'
}

export class MetadataLog {
  readonly #partition: Partition
  readonly #runtime: Runtime

  constructor(partition: Partition, runtime: Runtime) {
    this.#partition = partition
    this.#runtime = runtime
  }

  async replay(apply: (record: MetadataRecord) => void): Promise<void> {
    const cursor = new RecordCursor()
    await this.#partition.forEachBatch(this.#partition.logStartOffset, (batch) => {
      const header = readBatchHeader(batch, 0)
      if (header.isControl) return
      cursor.reset(batch, 0, header, recordsSection(batch, 0, header))
      while (cursor.next()) {
        const value = cursor.value()
        if (value !== null) apply(decodeMetadataRecord(value))
      }
    })
  }

  /** Resolves once all of the records, or none, are on the disk; rejects when they are not. */
  async append(records: readonly MetadataRecord[]): Promise<void> {
    if (records.length === 0) return
    const nowMs = this.#runtime.clock.nowMs()
    const builder = new RecordBatchBuilder()
    for (const record of records) builder.append(nowMs, null, encodeMetadataRecord(record))
    const batch = builder.build({ crc32c: (data) => this.#runtime.codecs.crc32c(data) })
    const result = this.#partition.append(batch, { origin: 'coordinator' })
    if (result.errorCode !== 0) throw new MetadataWriteError(result.errorMessage ?? `error ${result.errorCode}`)
    await this.#partition.whenDurable(result.lastOffset)
  }

  close(): Promise<void> {
    return this.#partition.close()
  }
}
