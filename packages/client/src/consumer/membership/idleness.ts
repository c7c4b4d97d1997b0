/** Why a member has nothing to read, and when it may say so. */

import { ErrorCodes, errorByCode } from '@odradek/protocol'
import type { MetadataCache } from '../../cluster/metadata-cache.ts'
import type { RebalanceProtocol } from '../assignors/assignor.ts'
import { CREATION_MS } from '../topic-errors.ts'

/**
 * Under the cooperative protocol a partition that moves is nobody's for one generation: the new member has nothing until the old owner has
 * let go, which it does in its next `poll()`. Only `max.poll.interval.ms` bounds that, five minutes, after which nobody would read the
 * warning any more; a member that has not polled for so many heartbeats is rare enough.
 */
const COOPERATIVE_HEARTBEATS = 10

export interface Idleness {
  readonly reason: string
  /** How old the generation must be for this not to be the beginning of an assignment only. */
  readonly patienceMs: number
}

export function explainIdleness(
  topics: readonly string[],
  metadata: MetadataCache,
  { protocol, heartbeatIntervalMs }: { readonly protocol: RebalanceProtocol; readonly heartbeatIntervalMs: number },
): Idleness {
  const missing = topics.flatMap((topic) => {
    const { errorCode = ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, partitions = [] } = metadata.topic(topic) ?? {}
    return partitions.length > 0 ? [] : [`'${topic}' (${errorByCode(errorCode).name})`]
  })
  if (topics.length === 0) return { reason: 'Its pattern matches no topic', patienceMs: CREATION_MS }
  if (missing.length === topics.length) {
    return { reason: `No topic that it subscribes to can be read: ${missing.join(', ')}`, patienceMs: CREATION_MS }
  }
  return {
    reason: 'A partition has one owner in a group; add partitions or run fewer members',
    patienceMs: protocol === 'cooperative' ? COOPERATIVE_HEARTBEATS * heartbeatIntervalMs : 0,
  }
}
