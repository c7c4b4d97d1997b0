/** What a consumer group subscribes to, read from its members' metadata. Source: the consumer embedded protocol, ConsumerProtocolSubscription. */

import { Reader } from '@odradek/protocol'
import { type ClassicGroup, metadataOf } from './classic-group.ts'

/** The protocol type of consumers. */
export const consumerProtocolType = 'consumer'

/** The topics of one subscription. Its version 0 begins every later version, so that is all this reads. Throws MalformedError. */
function topicsOf(metadata: Buffer): string[] {
  const reader = new Reader(metadata)
  reader.readInt16()
  const count = reader.readInt32()
  const topics: string[] = []
  for (let index = 0; index < count; index++) topics.push(reader.readString())
  return topics
}

/** Null when this is no consumer group, has no protocol yet, or a subscription cannot be read. */
export function subscribedTopics(group: ClassicGroup): ReadonlySet<string> | null {
  if (group.protocolType !== consumerProtocolType) return null
  if (group.members.size === 0) return new Set()
  if (group.protocolName === null) return null
  const topics = new Set<string>()
  try {
    for (const member of group.members.values()) for (const topic of topicsOf(metadataOf(member, group.protocolName))) topics.add(topic)
  } catch {
    // Kafka too goes on without the knowledge: the metadata is the clients' affair.
    return null
  }
  return topics
}

/** Where the topics are not known, a consumer group counts as subscribed to all of them. */
export function isSubscribedTo(group: ClassicGroup, topic: string): boolean {
  return group.subscribedTopics?.has(topic) ?? group.protocolType === consumerProtocolType
}
