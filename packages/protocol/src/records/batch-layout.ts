/** Where the fields of a record batch v2 lie, and the bits of its attributes (https://kafka.apache.org/documentation/#recordbatch). */

export const BASE_OFFSET_AT = 0
export const BATCH_LENGTH_AT = 8
export const PARTITION_LEADER_EPOCH_AT = 12
export const MAGIC_AT = 16
export const CRC_AT = 17
/** The CRC covers everything from here to the end of the batch: base offset and leader epoch are the broker's to set. */
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const RECORD_COUNT_AT = 57
export const RECORDS_AT = 61

/** Bytes of the base offset and the length itself, which the length does not count. */
export const LOG_OVERHEAD_BYTES = 12
export const BATCH_HEADER_BYTES = 61
export const MAGIC_V2 = 2

export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME_BIT = 0x08
export const TRANSACTIONAL_BIT = 0x10
export const CONTROL_BIT = 0x20
export const DELETE_HORIZON_BIT = 0x40

/** The smallest record: length, attributes, timestamp delta, offset delta, null key, null value, no headers, a byte each. */
export const MIN_RECORD_BYTES = 7

export const NO_TIMESTAMP = -1
export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const NO_SEQUENCE = -1
