/** Ids of clusters, directories and topics, in Kafka's base64url form. */

import type { Random } from '@odradek/runtime'
import { zeroUuid } from '@odradek/protocol'

export function randomUuid(random: Random): string {
  for (;;) {
    const id = Buffer.from(random.bytes(16)).toString('base64url')
    // Kafka's command line takes a leading dash for an option.
    if (!id.startsWith('-') && id !== zeroUuid) return id
  }
}
