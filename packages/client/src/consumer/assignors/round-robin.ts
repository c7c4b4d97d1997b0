/** All partitions of all topics in one row, dealt to the members in turn; a member is passed over for topics that it does not want. */

import type { TopicPartition } from '../../topic-partition.ts'
import type { Assignor } from './assignor.ts'
import { byMember, compare } from './assignor.ts'

export const roundRobinAssignor: Assignor = {
  protocolName: 'roundrobin',
  assign(partitionCounts, members) {
    const result = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]))
    const circle = [...members].sort(byMember)
    let next = 0
    for (const topic of [...partitionCounts.keys()].sort(compare)) {
      if (!circle.some(({ topics }) => topics.includes(topic))) continue
      for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++) {
        while (circle[next % circle.length]?.topics.includes(topic) === false) next++
        result.get(circle[next % circle.length]?.memberId ?? '')?.push({ topic, partition })
        next++
      }
    }
    return result
  },
}
