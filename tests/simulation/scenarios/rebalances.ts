import type { AssignorName } from '@odradek/client'
import { killBroker, restartBroker } from '../faults/broker-faults.ts'
import { memberFaults } from '../faults/member-faults.ts'
import { cutConnections, loseResponse, stallLink } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'
import { keepTopics } from '../workload/topic-keeper.ts'

const alone: readonly (readonly (readonly AssignorName[])[])[] = [
  [['range']],
  [['round-robin']],
  [['sticky']],
  [['cooperative-sticky']],
  [['cooperative-sticky']],
]

/** The second half of a rolling change from range: eager and cooperative members in one group. */
const changingOver: readonly (readonly AssignorName[])[] = [['cooperative-sticky', 'range'], ['cooperative-sticky']]

export const rebalances: ScenarioOf = (pick) => ({
  name: 'rebalances',
  about: 'A group under each assignor, or on its way from an eager to a cooperative one, whose members join, leave, crash and stall.',
  config: { 'offsets.topic.num.partitions': '1', 'group.initial.rebalance.delay.ms': pick.one('0', '0', '1000') },
  topics: { orders: { partitions: pick.int(1, 8), grownTo: 8 }, payments: { partitions: pick.int(1, 3) } },
  producers: [
    { topic: 'orders', records: 200, everyMs: { min: 0, max: 500 } },
    { topic: 'payments', records: 80, everyMs: { min: 0, max: 1200 } },
  ],
  groups: [
    {
      group: 'billing',
      topics: ['orders', 'payments'],
      members: pick.int(2, 6),
      commit: pick.one('sync', 'async', 'mixed', 'auto'),
      isStatic: pick.chance(0.25),
      workMs: { min: 0, max: pick.one(20, 500) },
      assignors: pick.one(...alone, changingOver),
      config: { maxPollRecords: pick.one(1, 10, 500), metadataMaxAgeMs: 4000 },
    },
  ],
  programs: { keeper: keepTopics('orders', 8) },
  faults: [...memberFaults, ...memberFaults, ...memberFaults, killBroker, restartBroker, loseResponse, stallLink, cutConnections],
  faultEveryMs: { min: 100, max: pick.one(1500, 5000) },
  weatherMs: 60_000,
})
