/** Kafka's error table: what each code is called, whether a retry can help, and its default message. */

import { type ErrorCode, ErrorCodes, type ErrorName } from './error-codes.ts'

export interface KafkaErrorFacts {
  readonly code: ErrorCode
  readonly name: ErrorName
  /** The same request may succeed later: Kafka's Java client raises a RetriableException for it. */
  readonly retriable: boolean
  /** What Kafka says when it has nothing more specific to say. */
  readonly message: string
}

const retriable = true
const final = false

function error(name: ErrorName, canRetry: boolean, message: string): KafkaErrorFacts {
  return { code: ErrorCodes[name], name, retriable: canRetry, message }
}

const unknownServerError = error('UNKNOWN_SERVER_ERROR', final, 'The server experienced an unexpected error when processing the request.')

/** Every error of Kafka 4.3, in the order of the codes. */
export const errors: readonly KafkaErrorFacts[] = [
  unknownServerError,
  error('NONE', final, ''),
  error('OFFSET_OUT_OF_RANGE', final, 'The requested offset is not within the range of offsets maintained by the server.'),
  error(
    'CORRUPT_MESSAGE',
    retriable,
    'This message has failed its CRC checksum, exceeds the valid size, has a null key for a compacted topic, or is otherwise corrupt.',
  ),
  error('UNKNOWN_TOPIC_OR_PARTITION', retriable, 'This server does not host this topic-partition.'),
  error('INVALID_FETCH_SIZE', final, 'The requested fetch size is invalid.'),
  error('LEADER_NOT_AVAILABLE', retriable, 'There is no leader for this topic-partition as we are in the middle of a leadership election.'),
  error(
    'NOT_LEADER_OR_FOLLOWER',
    retriable,
    'For requests intended only for the leader, this error indicates that the broker is not the current leader. For requests intended for any replica, this error indicates that the broker is not a replica of the topic partition.',
  ),
  error('REQUEST_TIMED_OUT', retriable, 'The request timed out.'),
  error('BROKER_NOT_AVAILABLE', final, 'The broker is not available.'),
  error(
    'REPLICA_NOT_AVAILABLE',
    retriable,
    'The replica is not available for the requested topic-partition. Produce/Fetch requests and other requests intended only for the leader or follower return NOT_LEADER_OR_FOLLOWER if the broker is not a replica of the topic-partition.',
  ),
  error('MESSAGE_TOO_LARGE', final, 'The request included a message larger than the max message size the server will accept.'),
  error('STALE_CONTROLLER_EPOCH', final, 'The controller moved to another broker.'),
  error('OFFSET_METADATA_TOO_LARGE', final, 'The metadata field of the offset request was too large.'),
  error('NETWORK_EXCEPTION', retriable, 'The server disconnected before a response was received.'),
  error('COORDINATOR_LOAD_IN_PROGRESS', retriable, "The coordinator is loading and hence can't process requests."),
  error('COORDINATOR_NOT_AVAILABLE', retriable, 'The coordinator is not available.'),
  error('NOT_COORDINATOR', retriable, 'This is not the correct coordinator.'),
  error('INVALID_TOPIC_EXCEPTION', final, 'The request attempted to perform an operation on an invalid topic.'),
  error('RECORD_LIST_TOO_LARGE', final, 'The request included message batch larger than the configured segment size on the server.'),
  error('NOT_ENOUGH_REPLICAS', retriable, 'Messages are rejected since there are fewer in-sync replicas than required.'),
  error('NOT_ENOUGH_REPLICAS_AFTER_APPEND', retriable, 'Messages are written to the log, but to fewer in-sync replicas than required.'),
  error('INVALID_REQUIRED_ACKS', final, 'Produce request specified an invalid value for required acks.'),
  error('ILLEGAL_GENERATION', final, 'Specified group generation id is not valid.'),
  error(
    'INCONSISTENT_GROUP_PROTOCOL',
    final,
    "The group member's supported protocols are incompatible with those of existing members or first group member tried to join with empty protocol type or empty protocol list.",
  ),
  error('INVALID_GROUP_ID', final, 'The group id is invalid.'),
  error('UNKNOWN_MEMBER_ID', final, 'The coordinator is not aware of this member.'),
  error(
    'INVALID_SESSION_TIMEOUT',
    final,
    'The session timeout is not within the range allowed by the broker (as configured by group.min.session.timeout.ms and group.max.session.timeout.ms).',
  ),
  error('REBALANCE_IN_PROGRESS', final, 'The group is rebalancing, so a rejoin is needed.'),
  error('INVALID_COMMIT_OFFSET_SIZE', final, 'The committing offset data size is not valid.'),
  error('TOPIC_AUTHORIZATION_FAILED', final, 'Topic authorization failed.'),
  error('GROUP_AUTHORIZATION_FAILED', final, 'Group authorization failed.'),
  error('CLUSTER_AUTHORIZATION_FAILED', final, 'Cluster authorization failed.'),
  error('INVALID_TIMESTAMP', final, 'The timestamp of the message is out of acceptable range.'),
  error('UNSUPPORTED_SASL_MECHANISM', final, 'The broker does not support the requested SASL mechanism.'),
  error('ILLEGAL_SASL_STATE', final, 'Request is not valid given the current SASL state.'),
  error('UNSUPPORTED_VERSION', final, 'The version of API is not supported.'),
  error('TOPIC_ALREADY_EXISTS', final, 'Topic with this name already exists.'),
  error('INVALID_PARTITIONS', final, 'Number of partitions is below 1.'),
  error('INVALID_REPLICATION_FACTOR', final, 'Replication factor is below 1 or larger than the number of available brokers.'),
  error('INVALID_REPLICA_ASSIGNMENT', final, 'Replica assignment is invalid.'),
  error('INVALID_CONFIG', final, 'Configuration is invalid.'),
  error('NOT_CONTROLLER', retriable, 'This is not the correct controller for this cluster.'),
  error(
    'INVALID_REQUEST',
    final,
    'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.',
  ),
  error('UNSUPPORTED_FOR_MESSAGE_FORMAT', final, 'The message format version on the broker does not support the request.'),
  error('POLICY_VIOLATION', final, 'Request parameters do not satisfy the configured policy.'),
  error('OUT_OF_ORDER_SEQUENCE_NUMBER', final, 'The broker received an out of order sequence number.'),
  error('DUPLICATE_SEQUENCE_NUMBER', final, 'The broker received a duplicate sequence number.'),
  error('INVALID_PRODUCER_EPOCH', final, 'Producer attempted to produce with an old epoch.'),
  error('INVALID_TXN_STATE', final, 'The producer attempted a transactional operation in an invalid state.'),
  error(
    'INVALID_PRODUCER_ID_MAPPING',
    final,
    'The producer attempted to use a producer id which is not currently assigned to its transactional id.',
  ),
  error(
    'INVALID_TRANSACTION_TIMEOUT',
    final,
    'The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).',
  ),
  error(
    'CONCURRENT_TRANSACTIONS',
    retriable,
    'The producer attempted to update a transaction while another concurrent operation on the same transaction was ongoing.',
  ),
  error(
    'TRANSACTION_COORDINATOR_FENCED',
    final,
    'Indicates that the transaction coordinator sending a WriteTxnMarker is no longer the current coordinator for a given producer.',
  ),
  error('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', final, 'Transactional Id authorization failed.'),
  error('SECURITY_DISABLED', final, 'Security features are disabled.'),
  error(
    'OPERATION_NOT_ATTEMPTED',
    final,
    'The broker did not attempt to execute this operation. This may happen for batched RPCs where some operations in the batch failed, causing the broker to respond without trying the rest.',
  ),
  error('KAFKA_STORAGE_ERROR', retriable, 'Disk error when trying to access log file on the disk.'),
  error('LOG_DIR_NOT_FOUND', final, 'The user-specified log directory is not found in the broker config.'),
  error('SASL_AUTHENTICATION_FAILED', final, 'SASL Authentication failed.'),
  error(
    'UNKNOWN_PRODUCER_ID',
    final,
    "This exception is raised by the broker if it could not locate the producer metadata associated with the producerId in question. This could happen if, for instance, the producer's records were deleted because their retention time had elapsed. Once the last records of the producerId are removed, the producer's metadata is removed from the broker, and future appends by the producer will return this exception.",
  ),
  error('REASSIGNMENT_IN_PROGRESS', final, 'A partition reassignment is in progress.'),
  error('DELEGATION_TOKEN_AUTH_DISABLED', final, 'Delegation Token feature is not enabled.'),
  error('DELEGATION_TOKEN_NOT_FOUND', final, 'Delegation Token is not found on server.'),
  error('DELEGATION_TOKEN_OWNER_MISMATCH', final, 'Specified Principal is not valid Owner/Renewer.'),
  error(
    'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED',
    final,
    'Delegation Token requests are not allowed on PLAINTEXT/1-way SSL channels and on delegation token authenticated channels.',
  ),
  error('DELEGATION_TOKEN_AUTHORIZATION_FAILED', final, 'Delegation Token authorization failed.'),
  error('DELEGATION_TOKEN_EXPIRED', final, 'Delegation Token is expired.'),
  error('INVALID_PRINCIPAL_TYPE', final, 'Supplied principalType is not supported.'),
  error('NON_EMPTY_GROUP', final, 'The group is not empty.'),
  error('GROUP_ID_NOT_FOUND', final, 'The group id does not exist.'),
  error('FETCH_SESSION_ID_NOT_FOUND', retriable, 'The fetch session ID was not found.'),
  error('INVALID_FETCH_SESSION_EPOCH', retriable, 'The fetch session epoch is invalid.'),
  error(
    'LISTENER_NOT_FOUND',
    retriable,
    'There is no listener on the leader broker that matches the listener on which metadata request was processed.',
  ),
  error('TOPIC_DELETION_DISABLED', final, 'Topic deletion is disabled.'),
  error('FENCED_LEADER_EPOCH', retriable, 'The leader epoch in the request is older than the epoch on the broker.'),
  error('UNKNOWN_LEADER_EPOCH', retriable, 'The leader epoch in the request is newer than the epoch on the broker.'),
  error('UNSUPPORTED_COMPRESSION_TYPE', final, 'The requesting client does not support the compression type of given partition.'),
  error('STALE_BROKER_EPOCH', final, 'Broker epoch has changed.'),
  error(
    'OFFSET_NOT_AVAILABLE',
    retriable,
    'The leader high watermark has not caught up from a recent leader election so the offsets cannot be guaranteed to be monotonically increasing.',
  ),
  error('MEMBER_ID_REQUIRED', final, 'The group member needs to have a valid member id before actually entering a consumer group.'),
  error('PREFERRED_LEADER_NOT_AVAILABLE', retriable, 'The preferred leader was not available.'),
  error('GROUP_MAX_SIZE_REACHED', final, 'The group has reached its maximum size.'),
  error(
    'FENCED_INSTANCE_ID',
    final,
    'The broker rejected this static consumer since another consumer with the same group.instance.id has registered with a different member.id.',
  ),
  error('ELIGIBLE_LEADERS_NOT_AVAILABLE', retriable, 'Eligible topic partition leaders are not available.'),
  error('ELECTION_NOT_NEEDED', retriable, 'Leader election not needed for topic partition.'),
  error('NO_REASSIGNMENT_IN_PROGRESS', final, 'No partition reassignment is in progress.'),
  error(
    'GROUP_SUBSCRIBED_TO_TOPIC',
    final,
    'Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it.',
  ),
  error('INVALID_RECORD', final, 'This record has failed the validation on broker and hence will be rejected.'),
  error('UNSTABLE_OFFSET_COMMIT', retriable, 'There are unstable offsets that need to be cleared.'),
  error('THROTTLING_QUOTA_EXCEEDED', retriable, 'The throttling quota has been exceeded.'),
  error('PRODUCER_FENCED', final, 'There is a newer producer with the same transactionalId which fences the current one.'),
  error('RESOURCE_NOT_FOUND', final, 'A request illegally referred to a resource that does not exist.'),
  error('DUPLICATE_RESOURCE', final, 'A request illegally referred to the same resource twice.'),
  error('UNACCEPTABLE_CREDENTIAL', final, 'Requested credential would not meet criteria for acceptability.'),
  error(
    'INCONSISTENT_VOTER_SET',
    final,
    'Indicates that the either the sender or recipient of a voter-only request is not one of the expected voters.',
  ),
  error('INVALID_UPDATE_VERSION', final, 'The given update version was invalid.'),
  error('FEATURE_UPDATE_FAILED', final, 'Unable to update finalized features due to an unexpected server error.'),
  error(
    'PRINCIPAL_DESERIALIZATION_FAILURE',
    final,
    'Request principal deserialization failed during forwarding. This indicates an internal error on the broker cluster security setup.',
  ),
  error('SNAPSHOT_NOT_FOUND', final, 'Requested snapshot was not found.'),
  error('POSITION_OUT_OF_RANGE', final, 'Requested position is not greater than or equal to zero, and less than the size of the snapshot.'),
  error('UNKNOWN_TOPIC_ID', retriable, 'This server does not host this topic ID.'),
  error('DUPLICATE_BROKER_REGISTRATION', final, 'This broker ID is already in use.'),
  error('BROKER_ID_NOT_REGISTERED', final, 'The given broker ID was not registered.'),
  error('INCONSISTENT_TOPIC_ID', retriable, "The log's topic ID did not match the topic ID in the request."),
  error('INCONSISTENT_CLUSTER_ID', final, 'The clusterId in the request does not match that found on the server.'),
  error('TRANSACTIONAL_ID_NOT_FOUND', final, 'The transactionalId could not be found.'),
  error('FETCH_SESSION_TOPIC_ID_ERROR', retriable, 'The fetch session encountered inconsistent topic ID usage.'),
  error('INELIGIBLE_REPLICA', final, 'The new ISR contains at least one ineligible replica.'),
  error('NEW_LEADER_ELECTED', final, 'The AlterPartition request successfully updated the partition state but the leader has changed.'),
  error('OFFSET_MOVED_TO_TIERED_STORAGE', final, 'The requested offset is moved to tiered storage.'),
  error(
    'FENCED_MEMBER_EPOCH',
    final,
    'The member epoch is fenced by the group coordinator. The member must abandon all its partitions and rejoin.',
  ),
  error(
    'UNRELEASED_INSTANCE_ID',
    final,
    'The instance ID is still used by another member in the consumer group. That member must leave first.',
  ),
  error('UNSUPPORTED_ASSIGNOR', final, 'The assignor or its version range is not supported by the consumer group.'),
  error(
    'STALE_MEMBER_EPOCH',
    final,
    'The member epoch is stale. The member must retry after receiving its updated member epoch via the ConsumerGroupHeartbeat API.',
  ),
  error('MISMATCHED_ENDPOINT_TYPE', final, 'The request was sent to an endpoint of the wrong type.'),
  error('UNSUPPORTED_ENDPOINT_TYPE', final, 'This endpoint type is not supported yet.'),
  error('UNKNOWN_CONTROLLER_ID', final, 'This controller ID is not known.'),
  error('UNKNOWN_SUBSCRIPTION_ID', final, 'Client sent a push telemetry request with an invalid or outdated subscription ID.'),
  error('TELEMETRY_TOO_LARGE', final, 'Client sent a push telemetry request larger than the maximum size the broker will accept.'),
  error('INVALID_REGISTRATION', final, 'The controller has considered the broker registration to be invalid.'),
  error(
    'TRANSACTION_ABORTABLE',
    final,
    'The server encountered an error with the transaction. The client can abort the transaction to continue using this transactional ID.',
  ),
  error('INVALID_RECORD_STATE', final, 'The record state is invalid. The acknowledgement of delivery could not be completed.'),
  error('SHARE_SESSION_NOT_FOUND', retriable, 'The share session was not found.'),
  error('INVALID_SHARE_SESSION_EPOCH', retriable, 'The share session epoch is invalid.'),
  error('FENCED_STATE_EPOCH', final, 'The share coordinator rejected the request because the share-group state epoch did not match.'),
  error('INVALID_VOTER_KEY', final, "The voter key doesn't match the receiving replica's key."),
  error('DUPLICATE_VOTER', final, 'The voter is already part of the set of voters.'),
  error('VOTER_NOT_FOUND', final, 'The voter is not part of the set of voters.'),
  error('INVALID_REGULAR_EXPRESSION', final, 'The regular expression is not valid.'),
  error('REBOOTSTRAP_REQUIRED', final, 'Client metadata is stale. The client should rebootstrap to obtain new metadata.'),
  error('STREAMS_INVALID_TOPOLOGY', final, 'The supplied topology is invalid.'),
  error('STREAMS_INVALID_TOPOLOGY_EPOCH', final, 'The supplied topology epoch is invalid.'),
  error('STREAMS_TOPOLOGY_FENCED', final, 'The supplied topology epoch is outdated.'),
  error('SHARE_SESSION_LIMIT_REACHED', retriable, 'The limit of share sessions has been reached.'),
]

/** By code + 1, since the first code is −1. */
const byCode: (KafkaErrorFacts | undefined)[] = []
for (const entry of errors) byCode[entry.code + 1] = entry

/** The facts of a code. A code that this table lacks is an UNKNOWN_SERVER_ERROR, as for Kafka's own clients. */
export function errorByCode(code: number): KafkaErrorFacts {
  return byCode[code + 1] ?? unknownServerError
}
