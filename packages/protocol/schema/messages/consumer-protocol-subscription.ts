/** What a classic consumer tells its group in JoinGroup: topics, owned partitions, generation and rack. */

import { type MessageDefinition, message } from '../definitions.ts'
import { array, bytes, int32, string, struct } from '../language.ts'

const definition: MessageDefinition = message({
  name: 'ConsumerProtocolSubscription',
  use: 'embedded',
  versions: [0, 3],
  flexible: 'never',
  fields: {
    topics: array(string),
    userData: bytes.nullable().default(null),
    ownedPartitions: array(
      struct('TopicPartition', {
        topic: string.mapKey(),
        partitions: array(int32),
      }),
    )
      .since(1)
      .ignorable(),
    generationId: int32.since(2).default(-1).ignorable(),
    rackId: string.since(3).nullable().default(null).ignorable(),
  },
})

export default definition
