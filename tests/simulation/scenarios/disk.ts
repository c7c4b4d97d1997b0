import { killBroker } from '../faults/broker-faults.ts'
import { failSync, failWrite, fillDisk, slowSyncs } from '../faults/disk-faults.ts'
import { loseResponse } from '../faults/network-faults.ts'
import { memberFaults } from '../faults/member-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const disk: ScenarioOf = (pick) => ({
  name: 'disk',
  about: 'The disk fills up, writes and syncs fail, and a little later somebody repairs it and starts the broker anew.',
  config: {
    'log.flush.interval.messages': '1',
    'log.roll.ms': pick.one('1500', '604800000'),
    'offsets.topic.num.partitions': '2',
  },
  topics: { orders: { partitions: pick.int(1, 3) } },
  producers: [{ topic: 'orders', count: 2, records: 150, everyMs: { min: 0, max: 400 } }],
  groups: [{ group: 'billing', topics: ['orders'], members: 2, commit: pick.one('sync', 'mixed') }],
  faults: [fillDisk, failWrite, failSync, slowSyncs, killBroker, loseResponse, ...memberFaults],
  faultEveryMs: { min: 500, max: 6000 },
  weatherMs: 45_000,
  restartsAfterwards: true,
})
