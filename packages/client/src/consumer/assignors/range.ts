/** Topic by topic: consecutive partitions to each member in turn, the first ones getting one more where it does not divide evenly. */

import type { TopicPartition } from '../../topic-partition.ts'
import type { Assignor } from './assignor.ts'
import { byMember, compare } from './assignor.ts'

export const rangeAssignor: Assignor = {
  protocolName: 'range',
  assign(partitionCounts, members) {
    const result = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]))
    for (const topic of [...partitionCounts.keys()].sort(compare)) {
      const takers = members.filter(({ topics }) => topics.includes(topic)).sort(byMember)
      const count = partitionCounts.get(topic) ?? 0
      const share = Math.floor(count / takers.length)
      const extra = count % takers.length
      for (const [index, { memberId }] of takers.entries()) {
        const start = share * index + Math.min(index, extra)
        const end = start + share + (index < extra ? 1 : 0)
        for (let partition = start; partition < end; partition++) result.get(memberId)?.push({ topic, partition })
      }
    }
    return result
  },
}
