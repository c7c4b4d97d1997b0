/** What all logs of a broker share. */

import type { Clock, Codecs, Files, Random, Workers } from '@odradek/runtime'

import type { FilePool } from './file-pool.ts'
import type { LogWriterOptions } from './log-writer.ts'
import type { ResidentIndexes } from './resident-indexes.ts'
import type { StorageLogger } from './storage-logger.ts'
import type { TailCachePool } from './tail-cache.ts'

export interface LogContext {
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly codecs: Codecs
  readonly workers: Workers
  readonly pool: FilePool
  readonly cachePool: TailCachePool
  readonly residentIndexes: ResidentIndexes
  readonly budget: LogWriterOptions['budget']
  readonly logger: StorageLogger
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: number
}
