import { killBroker, restartBroker } from '../faults/broker-faults.ts'
import { memberFaults } from '../faults/member-faults.ts'
import { loseResponse, stallLink } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const members: ScenarioOf = (pick) => ({
  name: 'members',
  about: 'Several groups whose members join, leave, stall and crash, while the coordinator now and then dies.',
  config: {
    'offsets.topic.num.partitions': pick.one('1', '5'),
    'group.initial.rebalance.delay.ms': pick.one('0', '1000'),
  },
  topics: { orders: { partitions: pick.int(1, 6) }, payments: { partitions: 2 } },
  producers: [
    { topic: 'orders', records: 200, everyMs: { min: 0, max: 700 } },
    { topic: 'payments', records: 100, everyMs: { min: 0, max: 1400 } },
  ],
  groups: [
    {
      group: 'billing',
      topics: ['orders', 'payments'],
      members: pick.int(2, 4),
      commit: pick.one('sync', 'async', 'mixed'),
      workMs: { min: 0, max: pick.one(50, 800) },
      config: { partitionAssignmentStrategy: pick.one(['range'], ['sticky'], ['cooperative-sticky'], ['round-robin', 'range']) },
    },
    {
      group: 'shipping',
      topics: ['orders'],
      members: 2,
      commit: 'auto',
      isStatic: pick.chance(0.5),
      config: { maxPollRecords: pick.one(1, 5, 500) },
    },
  ],
  faults: [...memberFaults, ...memberFaults, ...memberFaults, killBroker, restartBroker, loseResponse, stallLink],
  faultEveryMs: { min: 100, max: 4000 },
  weatherMs: 90_000,
})
