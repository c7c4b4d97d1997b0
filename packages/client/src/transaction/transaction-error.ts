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
  if (!(error instanceof BrokerError)) {
    if (error instanceof KafkaError && error.fatal) return error
    const reason = error instanceof Error ? error.message : String(error)
    const code = error instanceof KafkaError ? error.code : 'STATE'
    return new KafkaError(code, `The transactional producer has failed: ${reason}`, { fatal: true, cause: error })
  }
  const hint = hintOf(error.code, transactionalId)
  return new BrokerError(error.code, error.errorCode, `${error.message}${hint}`, { fatal: true, cause: error })
}

function hintOf(code: BrokerErrorCode, transactionalId: string): string {
  if (code === 'PRODUCER_FENCED' || code === 'INVALID_PRODUCER_EPOCH')
    return `; another producer has taken over transactional.id '${transactionalId}', or the transaction outlived transaction.timeout.ms: close this one, and give every instance an id of its own`
  if (code === 'INVALID_TXN_STATE')
    return '; the transaction may have outlived transaction.timeout.ms: close this producer, and make another'
  return ''
}
