/** All partitions of all topics in one row, dealt to the members in turn; a member is passed over for topics that it does not want. */

import type { Assignor } from './assignor.ts'
import { byMember, compare, nobodyHasAny, withoutUserData } from './assignor.ts'

export const roundRobinAssignor: Assignor = {
  protocolName: 'roundrobin',
  assign(topics, members) {
    const dealt = nobodyHasAny(members)
    const circle = [...members].sort(byMember)
    let next = 0
    for (const topic of [...topics.keys()].sort(compare)) {
      if (!circle.some((member) => member.topics.includes(topic))) continue
      for (const partition of (topics.get(topic) ?? []).keys()) {
        while (circle[next % circle.length]?.topics.includes(topic) === false) next++
        dealt.get(circle[next % circle.length]?.memberId ?? '')?.push({ topic, partition })
        next++
      }
    }
    return withoutUserData(dealt)
  },
}
