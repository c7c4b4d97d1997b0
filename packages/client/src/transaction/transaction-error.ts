/** What an error does to a transaction, as in Java's client: the transaction can only be aborted, or the producer can do no more. */

import type { BrokerErrorCode } from '../errors/kafka-error.ts'
import { brokerErrorAction } from '../errors/broker-error-actions.ts'
import { BrokerError, ConnectionError, KafkaError, TimeoutError } from '../errors/kafka-error.ts'

export type Verdict =
  | 'abort'
  /** As `abort`, and the broker's state of the producer is not what it should be: a new epoch is needed (KIP-360). */
  | 'abort-and-bump'
  | 'fatal'

/** Where coordinators mean something else than the table of broker errors, which speaks of other requests. */
const exceptions: Partial<Record<BrokerErrorCode, Verdict>> = {
  INVALID_PRODUCER_EPOCH: 'fatal',
  INVALID_TXN_STATE: 'fatal',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'fatal',
  FENCED_INSTANCE_ID: 'abort',
  GROUP_AUTHORIZATION_FAILED: 'abort',
  INVALID_GROUP_ID: 'abort',
  TOPIC_AUTHORIZATION_FAILED: 'abort',
  STALE_MEMBER_EPOCH: 'abort',
}

/** `otherwise`: what an error means that none of the tables names. */
export function verdictOf(error: unknown, otherwise: Verdict): Verdict {
  if (error instanceof TimeoutError || error instanceof ConnectionError) return 'abort-and-bump'
  if (!(error instanceof BrokerError)) return 'fatal'
  const exception = exceptions[error.code]
  if (exception !== undefined) return exception
  switch (brokerErrorAction(error.errorCode)) {
    case 'bump-epoch':
      return 'abort-and-bump'
    case 'abort-transaction':
    case 'rejoin':
      return 'abort'
    case 'fatal':
      return 'fatal'
    default:
      return otherwise
  }
}

/** The error that ends a producer, with what it means when another one has taken over. */
export function fatalError(error: unknown, transactionalId: string): KafkaError {
  if (error instanceof BrokerError) return explained(error, transactionalId, true)
  if (error instanceof KafkaError && error.fatal) return error
  const reason = error instanceof Error ? error.message : String(error)
  const code = error instanceof KafkaError ? error.code : 'STATE'
  return new KafkaError(code, `The transactional producer has failed: ${reason}`, { fatal: true, cause: error })
}

/** What a broker has answered, with what it means to the transaction; where it says so by itself, that error. */
export function explained(error: BrokerError, transactionalId: string, fatal: boolean = error.fatal): BrokerError {
  const hint = hintOf(error.code, transactionalId, fatal)
  if (hint === '' && fatal === error.fatal) return error
  const { code, errorCode, message, retriable } = error
  return new BrokerError(code, errorCode, `${message}${hint}`, { fatal, retriable: retriable && !fatal, cause: error })
}

/** A fatal error with what led to it as its cause. */
export function causedBy(fatal: KafkaError, cause: unknown): KafkaError {
  const { code, message } = fatal
  if (fatal instanceof BrokerError) return new BrokerError(fatal.code, fatal.errorCode, message, { fatal: true, cause })
  return new KafkaError(code, message, { fatal: true, cause })
}

function hintOf(code: BrokerErrorCode, transactionalId: string, fatal: boolean): string {
  if (code === 'PRODUCER_FENCED' || code === 'INVALID_PRODUCER_EPOCH') {
    const what = `; another producer has taken over transactional.id '${transactionalId}', or the transaction outlived transaction.timeout.ms`
    if (fatal) return `${what}: close this one, and give every instance an id of its own`
    return `${what}: the abort rejects with a fatal error where this producer can do no more`
  }
  if (code === 'INVALID_TXN_STATE' && fatal)
    return '; the transaction may have outlived transaction.timeout.ms: close this producer, and make another'
  return ''
}
