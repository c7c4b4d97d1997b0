/** Every error that this client throws or rejects with, classed by origin. */

import type { ErrorName } from '@odradek/protocol'

/** Kafka's names of the errors that brokers answer with, such as 'UNKNOWN_TOPIC_OR_PARTITION'. */
export type BrokerErrorCode = Exclude<ErrorName, 'NONE'>

export type ClientErrorCode =
  | 'CONFIG'
  | 'CONNECTION'
  | 'TIMEOUT'
  | 'PROTOCOL'
  | 'UNSUPPORTED'
  | 'SERIALIZATION'
  | 'RECORD_TOO_LARGE'
  | 'NO_OFFSET'
  | 'LOG_TRUNCATION'
  | 'SEND_BATCH'
  | 'AGGREGATE'
  | 'CLOSED'
  | 'STATE'

/** What a program can tell failures apart by. */
export type KafkaErrorCode = ClientErrorCode | BrokerErrorCode

export interface KafkaErrorOptions {
  readonly cause?: unknown
  /** Trying the same again may succeed. Default false. */
  readonly retriable?: boolean | undefined
  /** This client can do no more; close it. Default false. */
  readonly fatal?: boolean | undefined
}

/** The base of them all. `instanceof` holds across copies of this package: classes are branded with registered symbols. */
export class KafkaError extends Error {
  static readonly brand: symbol = brand('KafkaError')
  override readonly name: string = 'KafkaError'
  readonly code: KafkaErrorCode
  readonly retriable: boolean
  readonly fatal: boolean

  constructor(code: KafkaErrorCode, message: string, options: KafkaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
    this.fatal = options.fatal ?? false
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    // A class that an application derives has no brand of its own and is compared as classes are.
    return Object.hasOwn(this, 'brand') ? this.brand in value : Function.prototype[Symbol.hasInstance].call(this, value)
  }
}

/** An option, or a combination of them, that cannot be meant. */
export class ConfigError extends KafkaError {
  static override readonly brand: symbol = brand('ConfigError')
  override readonly name: string = 'ConfigError'

  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('CONFIG', message, options)
  }
}

/** No connection could be made, or one broke with requests under way. */
export class ConnectionError extends KafkaError {
  static override readonly brand: symbol = brand('ConnectionError')
  override readonly name: string = 'ConnectionError'

  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('CONNECTION', message, { retriable: true, ...options })
  }
}

/** Something took longer than its configured time; `cause` is what went wrong last. */
export class TimeoutError extends KafkaError {
  static override readonly brand: symbol = brand('TimeoutError')
  override readonly name: string = 'TimeoutError'

  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('TIMEOUT', message, { retriable: true, ...options })
  }
}

/** A broker answered with an error; `code` is Kafka's name of it. */
export class BrokerError extends KafkaError {
  static override readonly brand: symbol = brand('BrokerError')
  override readonly name: string = 'BrokerError'
  declare readonly code: BrokerErrorCode
  /** Kafka's number of it. */
  readonly errorCode: number

  constructor(code: BrokerErrorCode, errorCode: number, message: string, options: KafkaErrorOptions = {}) {
    super(code, message, options)
    this.errorCode = errorCode
  }
}

/** Bytes or answers that no Kafka broker sends; corrupt data included. */
export class ProtocolError extends KafkaError {
  static override readonly brand: symbol = brand('ProtocolError')
  override readonly name: string = 'ProtocolError'

  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('PROTOCOL', message, options)
  }
}

/** The broker is too old, or too new, for what was asked. */
export class UnsupportedError extends KafkaError {
  static override readonly brand: symbol = brand('UnsupportedError')
  override readonly name: string = 'UnsupportedError'

  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('UNSUPPORTED', message, options)
  }
}

/** A serializer or deserializer threw; `cause` is what it threw. */
export class SerializationError extends KafkaError {
  static override readonly brand: symbol = brand('SerializationError')
  override readonly name: string = 'SerializationError'
  readonly topic: string
  /** −1 before the record has one. */
  readonly partition: number
  readonly offset: number

  constructor(
    message: string,
    place: { readonly topic: string; readonly partition: number; readonly offset: number },
    options: KafkaErrorOptions = {},
  ) {
    super('SERIALIZATION', message, options)
    this.topic = place.topic
    this.partition = place.partition
    this.offset = place.offset
  }
}

/**
 * A batch that cannot be read: its checksum does not match, or it contradicts itself. `poll()` throws it again until the application seeks,
 * to `nextOffset` to skip the batch.
 */
export class CorruptBatchError extends ProtocolError {
  static override readonly brand: symbol = brand('CorruptBatchError')
  override readonly name: string = 'CorruptBatchError'
  readonly topic: string
  readonly partition: number
  /** Of the first record that has not been handed over. */
  readonly offset: number
  /** After the batch. */
  readonly nextOffset: number

  constructor(place: OffsetPlace, nextOffset: number, reason: string, options: KafkaErrorOptions = {}) {
    const { topic, partition, offset } = place
    super(`The data of ${topic}-${partition} from offset ${offset} cannot be read: ${reason}; seek to ${nextOffset} to skip it`, options)
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.nextOffset = nextOffset
  }
}

/** Records that this consumer has read are gone from the log, after an unclean election (KIP-320), and auto.offset.reset is none. */
export class LogTruncationError extends KafkaError {
  static override readonly brand: symbol = brand('LogTruncationError')
  override readonly name: string = 'LogTruncationError'
  readonly topic: string
  readonly partition: number
  /** The position, which the log no longer has. */
  readonly offset: number
  /** The first offset at which the logs may differ; undefined when the leader cannot tell. */
  readonly divergentOffset: number | undefined

  constructor(place: OffsetPlace, divergentOffset: number | undefined) {
    const { topic, partition, offset } = place
    const where = divergentOffset === undefined ? 'at an offset that the leader cannot tell' : `at offset ${divergentOffset}`
    super('LOG_TRUNCATION', `The log of ${topic}-${partition} was truncated ${where}, before position ${offset}; seek`)
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.divergentOffset = divergentOffset
  }
}

interface OffsetPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Several resources were asked for and some failed. */
export class AggregateKafkaError extends KafkaError {
  static override readonly brand: symbol = brand('AggregateKafkaError')
  override readonly name: string = 'AggregateKafkaError'
  readonly failures: readonly { readonly resource: string; readonly error: KafkaError }[]

  constructor(failures: readonly { readonly resource: string; readonly error: KafkaError }[]) {
    super('AGGREGATE', failures.map(({ resource, error }) => `${resource}: ${error.message}`).join('; '), { cause: failures[0]?.error })
    this.failures = failures
  }
}

/** Some records of a `sendBatch()` failed; the others are acknowledged. */
export class SendBatchError extends KafkaError {
  static override readonly brand: symbol = brand('SendBatchError')
  override readonly name: string = 'SendBatchError'
  /** By position in the array that was sent. */
  readonly failures: readonly { readonly index: number; readonly error: KafkaError }[]

  constructor(total: number, failures: readonly { readonly index: number; readonly error: KafkaError }[]) {
    const first = failures[0]
    super(
      'SEND_BATCH',
      `${failures.length} of ${total} records failed, the first of them record ${first?.index}: ${first?.error.message}`,
      {
        cause: first?.error,
      },
    )
    this.failures = failures
  }
}

/** A call that the state of the client does not allow: closed, no group, two polls at once … */
export class StateError extends KafkaError {
  static override readonly brand: symbol = brand('StateError')
  override readonly name: string = 'StateError'

  constructor(message: string, code: 'STATE' | 'CLOSED' = 'STATE', options: KafkaErrorOptions = {}) {
    super(code, message, options)
  }
}

for (const type of [
  KafkaError,
  ConfigError,
  ConnectionError,
  TimeoutError,
  BrokerError,
  ProtocolError,
  UnsupportedError,
  SerializationError,
  CorruptBatchError,
  LogTruncationError,
  AggregateKafkaError,
  SendBatchError,
  StateError,
]) {
  Object.defineProperty(type.prototype, type.brand, { value: true })
}

function brand(name: string): symbol {
  return Symbol.for(`odradek.${name}`)
}
