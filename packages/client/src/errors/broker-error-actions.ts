/** One table: what a broker's error code means that the client has to do. */

import { errorByCode } from '@odradek/protocol'
import type { BrokerErrorCode } from './kafka-error.ts'
import { BrokerError } from './kafka-error.ts'

export type BrokerErrorAction =
  /** Wait, send again. */
  | 'retry'
  /** Ask for metadata (the leader moved, the topic is new), wait, send again. */
  | 'refresh-metadata'
  /** Look the coordinator up again, send again. */
  | 'find-coordinator'
  /** Join the group again, giving up what is assigned. */
  | 'rejoin'
  /** The producer's state at the broker is not what it should be: next epoch, sequences from 0. */
  | 'bump-epoch'
  /** The transaction cannot be committed; once it is aborted the next may be begun (KIP-890). */
  | 'abort-transaction'
  /** This client can do no more. */
  | 'fatal'
  /** This request failed; others may succeed. */
  | 'fail'

const actions: Partial<Record<BrokerErrorCode, BrokerErrorAction>> = {
  CORRUPT_MESSAGE: 'retry',
  UNKNOWN_TOPIC_OR_PARTITION: 'refresh-metadata',
  LEADER_NOT_AVAILABLE: 'refresh-metadata',
  NOT_LEADER_OR_FOLLOWER: 'refresh-metadata',
  REPLICA_NOT_AVAILABLE: 'refresh-metadata',
  FENCED_LEADER_EPOCH: 'refresh-metadata',
  UNKNOWN_LEADER_EPOCH: 'refresh-metadata',
  OFFSET_NOT_AVAILABLE: 'refresh-metadata',
  LISTENER_NOT_FOUND: 'refresh-metadata',
  KAFKA_STORAGE_ERROR: 'refresh-metadata',
  PREFERRED_LEADER_NOT_AVAILABLE: 'refresh-metadata',
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 'refresh-metadata',
  UNKNOWN_TOPIC_ID: 'refresh-metadata',
  INCONSISTENT_TOPIC_ID: 'refresh-metadata',
  NETWORK_EXCEPTION: 'refresh-metadata',
  NOT_CONTROLLER: 'refresh-metadata',
  REQUEST_TIMED_OUT: 'retry',
  NOT_ENOUGH_REPLICAS: 'retry',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'retry',
  COORDINATOR_LOAD_IN_PROGRESS: 'retry',
  CONCURRENT_TRANSACTIONS: 'retry',
  UNSTABLE_OFFSET_COMMIT: 'retry',
  THROTTLING_QUOTA_EXCEEDED: 'retry',
  FETCH_SESSION_ID_NOT_FOUND: 'retry',
  INVALID_FETCH_SESSION_EPOCH: 'retry',
  COORDINATOR_NOT_AVAILABLE: 'find-coordinator',
  NOT_COORDINATOR: 'find-coordinator',
  ILLEGAL_GENERATION: 'rejoin',
  UNKNOWN_MEMBER_ID: 'rejoin',
  REBALANCE_IN_PROGRESS: 'rejoin',
  MEMBER_ID_REQUIRED: 'rejoin',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'bump-epoch',
  UNKNOWN_PRODUCER_ID: 'bump-epoch',
  INVALID_PRODUCER_EPOCH: 'bump-epoch',
  INVALID_PRODUCER_ID_MAPPING: 'bump-epoch',
  TRANSACTION_ABORTABLE: 'abort-transaction',
  PRODUCER_FENCED: 'fatal',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'fatal',
  FENCED_INSTANCE_ID: 'fatal',
  GROUP_AUTHORIZATION_FAILED: 'fatal',
  CLUSTER_AUTHORIZATION_FAILED: 'fatal',
  GROUP_MAX_SIZE_REACHED: 'fatal',
  INCONSISTENT_GROUP_PROTOCOL: 'fatal',
  INVALID_SESSION_TIMEOUT: 'fatal',
  INVALID_GROUP_ID: 'fatal',
  SASL_AUTHENTICATION_FAILED: 'fatal',
}

export function brokerErrorAction(errorCode: number): BrokerErrorAction {
  const error = errorByCode(errorCode)
  return actions[error.name as BrokerErrorCode] ?? (error.retriable ? 'retry' : 'fail')
}

/**
 * `what` says what was being done; the broker's own words, when it gave any, replace the table's. `isFinal` overrules the table where a
 * retriable error is the answer itself.
 */
export function brokerError(errorCode: number, what: string, brokerMessage?: string | null, isFinal = false): BrokerError {
  const error = errorByCode(errorCode)
  const detail = brokerMessage === undefined || brokerMessage === null || brokerMessage === '' ? error.message : brokerMessage
  return new BrokerError(error.name as BrokerErrorCode, errorCode, `${what}: ${detail} (${error.name})`, {
    retriable: error.retriable && !isFinal,
    fatal: actions[error.name as BrokerErrorCode] === 'fatal',
  })
}
