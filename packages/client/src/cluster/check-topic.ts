/** What no broker can be asked for; whether a name is legal beyond that is for the broker to say. */

import { ErrorCodes } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'

/** Of a string in the protocol. */
const MAX_NAME_BYTES = 32_767

/** Throws BrokerError INVALID_TOPIC_EXCEPTION: a request that cannot be encoded would fail for all the topics in it. */
export function checkTopic(topic: unknown): void {
  if (canBeAskedFor(topic)) return
  const what = typeof topic === 'string' ? `one of ${topic.length} characters` : String(topic)
  throw brokerError(ErrorCodes.INVALID_TOPIC_EXCEPTION, 'No such topic', `a topic is named by a string that is not empty, not by ${what}`)
}

export function canBeAskedFor(topic: unknown): boolean {
  return typeof topic === 'string' && topic !== '' && Buffer.byteLength(topic) <= MAX_NAME_BYTES
}
