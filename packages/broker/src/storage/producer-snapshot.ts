/** Reads and writes `.snapshot` files: the producers of a log at an offset (version 1: version int16, CRC-32C uint32, entries). */

import { readInt64, writeInt64 } from '@odradek/protocol'

import type { ProducerSnapshotEntry } from './producer-entry.ts'

const VERSION = 1
const ENTRIES_AT = 6
const HEADER_BYTES = 10
const ENTRY_BYTES = 46

type Crc32c = (data: Uint8Array) => number

export function encodeProducerSnapshot(entries: readonly ProducerSnapshotEntry[], crc32c: Crc32c): Buffer {
  const data = Buffer.allocUnsafe(HEADER_BYTES + entries.length * ENTRY_BYTES)
  data.writeInt16BE(VERSION, 0)
  data.writeInt32BE(entries.length, ENTRIES_AT)
  let at = HEADER_BYTES
  for (const entry of entries) {
    writeInt64(data, at, entry.producerId)
    data.writeInt16BE(entry.producerEpoch, at + 8)
    data.writeInt32BE(entry.lastSequence, at + 10)
    writeInt64(data, at + 14, entry.lastOffset)
    data.writeInt32BE(entry.offsetDelta, at + 22)
    writeInt64(data, at + 26, entry.timestamp)
    data.writeInt32BE(entry.coordinatorEpoch, at + 34)
    writeInt64(data, at + 38, entry.currentTxnFirstOffset)
    at += ENTRY_BYTES
  }
  data.writeUInt32BE(crc32c(data.subarray(ENTRIES_AT)), 2)
  return data
}

/** Undefined when the file is torn, corrupt or of another version: callers fall back to an older snapshot or the log. */
export function decodeProducerSnapshot(data: Buffer, crc32c: Crc32c): ProducerSnapshotEntry[] | undefined {
  if (data.length < HEADER_BYTES || data.readInt16BE(0) !== VERSION) return undefined
  const count = data.readInt32BE(ENTRIES_AT)
  if (data.length !== HEADER_BYTES + count * ENTRY_BYTES) return undefined
  if (data.readUInt32BE(2) !== crc32c(data.subarray(ENTRIES_AT))) return undefined
  const entries: ProducerSnapshotEntry[] = []
  for (let at = HEADER_BYTES; at < data.length; at += ENTRY_BYTES) {
    entries.push({
      producerId: readInt64(data, at),
      producerEpoch: data.readInt16BE(at + 8),
      lastSequence: data.readInt32BE(at + 10),
      lastOffset: readInt64(data, at + 14),
      offsetDelta: data.readInt32BE(at + 22),
      timestamp: readInt64(data, at + 26),
      coordinatorEpoch: data.readInt32BE(at + 34),
      currentTxnFirstOffset: readInt64(data, at + 38),
    })
  }
  return entries
}
