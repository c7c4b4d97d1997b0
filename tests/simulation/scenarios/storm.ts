import { killBroker, killStartingBroker, restartBroker, tearWrite } from '../faults/broker-faults.ts'
import { memberFaults } from '../faults/member-faults.ts'
import { networkFaults } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const storm: ScenarioOf = (pick) => ({
  name: 'storm',
  about: 'Idempotent producers and a group, while the broker dies, writes tear and the network is bad.',
  config: { 'log.roll.ms': pick.one('2000', '604800000'), 'offsets.topic.num.partitions': '2' },
  topics: { orders: { partitions: pick.int(1, 4) } },
  producers: [
    {
      topic: 'orders',
      count: 2,
      records: 150,
      everyMs: { min: 0, max: pick.one(100, 400) },
      config: { lingerMs: pick.one(0, 5, 100), compressionType: pick.one('none', 'none', 'gzip', 'zstd', 'lz4', 'snappy') },
    },
  ],
  groups: [{ group: 'billing', topics: ['orders'], members: pick.int(1, 3), commit: pick.one('sync', 'async', 'mixed', 'auto') }],
  faults: [killBroker, killBroker, killStartingBroker, tearWrite, restartBroker, ...networkFaults, ...memberFaults],
  faultEveryMs: { min: 200, max: 4000 },
  network: pick.one({}, { connectRefused: 0.05, cut: 0.004, halfOpen: 0.002, responseLost: 0.004, stalled: 0.01, slowed: 0.05 }),
  weatherMs: 45_000,
})
