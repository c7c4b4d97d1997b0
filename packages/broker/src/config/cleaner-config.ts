/** What the log cleaner has to know; dynamic values count from its next look on. */

import type { CleanerConfig } from '../storage/cleaner/log-cleaner.ts'
import type { BrokerConfig } from './broker-config.ts'

export function cleanerConfigOf(config: BrokerConfig): CleanerConfig {
  return {
    isEnabled: config.get('log.cleaner.enable'),
    backoffMs: config.get('log.cleaner.backoff.ms'),
    dedupeBufferBytes: config.get('log.cleaner.dedupe.buffer.size'),
    loadFactor: config.get('log.cleaner.io.buffer.load.factor'),
    ioBufferBytes: config.get('log.cleaner.io.buffer.size'),
    ioMaxBytesPerSecond: config.get('log.cleaner.io.max.bytes.per.second'),
  }
}
