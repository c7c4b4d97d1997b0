import { killBroker, killStartingBroker, restartBroker, tearWrite } from '../faults/broker-faults.ts'
import { memberFaults } from '../faults/member-faults.ts'
import { cutConnections, loseResponse } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'
import { keepTopics, PASSING_TOPIC } from '../workload/topic-keeper.ts'

export const topics: ScenarioOf = (pick) => ({
  name: 'topics',
  about: 'Topics are created, grown and deleted under producers and groups, while the broker dies.',
  topics: { orders: { partitions: 1, grownTo: 4 } },
  producers: [{ topic: 'orders', count: 2, records: 150, everyMs: { min: 0, max: 500 }, config: { metadataMaxAgeMs: 3000 } }],
  groups: [
    {
      group: 'billing',
      topics: pick.one(['orders'], ['orders', PASSING_TOPIC]),
      members: 2,
      commit: 'sync',
      config: { metadataMaxAgeMs: 3000, allowAutoCreateTopics: false },
    },
  ],
  programs: { keeper: keepTopics('orders', 4) },
  faults: [killBroker, killStartingBroker, restartBroker, tearWrite, cutConnections, loseResponse, ...memberFaults],
  faultEveryMs: { min: 300, max: 5000 },
  weatherMs: 45_000,
})
