import { killBroker, restartBroker, tearWrite } from '../faults/broker-faults.ts'
import { networkFaults } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const readers: ScenarioOf = (pick) => ({
  name: 'readers',
  about: 'Consumers without a group that read and seek, over segments that roll and a broker that dies.',
  config: { 'log.roll.ms': pick.one('1000', '604800000'), 'log.index.interval.bytes': pick.one('0', '4096') },
  topics: { orders: { partitions: pick.int(1, 3) } },
  producers: [
    {
      topic: 'orders',
      count: 2,
      records: 250,
      paddingBytes: pick.one(20, 2000),
      everyMs: { min: 0, max: 250 },
      config: { compressionType: pick.one('none', 'gzip', 'snappy', 'lz4', 'zstd') },
    },
  ],
  readers: [
    { topic: 'orders', count: 1, config: { maxPollRecords: pick.one(3, 500) } },
    {
      topic: 'orders',
      count: 1,
      config: {
        isolationLevel: 'read_committed',
        fetchMaxBytes: pick.one(500, 52_428_800),
        maxPartitionFetchBytes: pick.one(300, 1_048_576),
      },
    },
  ],
  faults: [killBroker, restartBroker, tearWrite, ...networkFaults],
  faultEveryMs: { min: 300, max: 5000 },
  weatherMs: 40_000,
})
