import { killBroker, restartBroker } from '../faults/broker-faults.ts'
import { memberFaults } from '../faults/member-faults.ts'
import { networkFaults } from '../faults/network-faults.ts'
import { nodeFaults } from '../faults/node-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const nodes: ScenarioOf = (pick) => ({
  name: 'nodes',
  about: 'Three nodes whose leaders and coordinators move, and that stop and start, while producers and a group are at work.',
  nodes: 3,
  config: {
    'offsets.topic.num.partitions': pick.one('1', '5'),
    // With one replica a stopped node takes its partitions offline.
    'default.replication.factor': pick.one('1', '3', '3'),
  },
  topics: { orders: { partitions: pick.int(1, 4) }, payments: { partitions: 2 } },
  producers: [
    {
      topic: 'orders',
      count: 2,
      records: 200,
      everyMs: { min: 0, max: pick.one(50, 200) },
      config: { lingerMs: pick.one(0, 5, 50), maxInFlightRequestsPerConnection: pick.int(1, 5) },
    },
    { topic: 'payments', records: 150, everyMs: { min: 0, max: 300 } },
  ],
  groups: [
    { group: 'billing', topics: ['orders'], members: pick.int(1, 3), commit: pick.one('sync', 'async', 'mixed', 'auto') },
    { group: 'audit', topics: ['orders', 'payments'], members: 1, commit: 'sync' },
  ],
  faults: [...nodeFaults, ...nodeFaults, ...networkFaults, ...memberFaults, pick.one(killBroker, restartBroker)],
  faultEveryMs: { min: 50, max: 1000 },
  weatherMs: 40_000,
})
