import { killBroker, killStartingBroker, losePower, tearWrite } from '../faults/broker-faults.ts'
import { slowSyncs } from '../faults/disk-faults.ts'
import { cutConnections, loseResponse, stallLink } from '../faults/network-faults.ts'
import { crashMember, memberLeaves } from '../faults/member-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const power: ScenarioOf = (pick) => ({
  name: 'power',
  about: 'The machine loses power again and again; with every batch flushed, nothing acknowledged or committed is lost.',
  config: {
    'log.flush.interval.messages': '1',
    'log.roll.ms': pick.one('1500', '604800000'),
    'offsets.topic.num.partitions': '2',
  },
  topics: { orders: { partitions: pick.int(1, 3) } },
  producers: [{ topic: 'orders', count: 2, records: 150, everyMs: { min: 0, max: 400 }, config: { lingerMs: pick.one(0, 5, 50) } }],
  groups: [{ group: 'billing', topics: ['orders'], members: 2, commit: pick.one('sync', 'mixed') }],
  faults: [
    losePower,
    losePower,
    killBroker,
    killStartingBroker,
    tearWrite,
    slowSyncs,
    cutConnections,
    loseResponse,
    stallLink,
    crashMember,
    memberLeaves,
  ],
  faultEveryMs: { min: 200, max: 5000 },
  weatherMs: 40_000,
})
