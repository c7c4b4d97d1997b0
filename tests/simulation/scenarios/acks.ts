import { killBroker, restartBroker, tearWrite } from '../faults/broker-faults.ts'
import { crashProducer } from '../faults/member-faults.ts'
import { networkFaults } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const acks: ScenarioOf = (pick) => ({
  name: 'acks',
  about: 'Producers of every kind, with and without idempotence, keys and acknowledgements, some of which crash.',
  topics: { orders: { partitions: 3 } },
  producers: [
    { topic: 'orders', records: 120, everyMs: { min: 0, max: 500 }, config: { acks: '1', enableIdempotence: false } },
    { topic: 'orders', records: 120, everyMs: { min: 0, max: 500 }, config: { acks: '0', enableIdempotence: false } },
    {
      topic: 'orders',
      records: 120,
      everyMs: { min: 0, max: 500 },
      config: { enableIdempotence: false, maxInFlightRequestsPerConnection: 1, retries: pick.one(0, 5, 1000) },
    },
    {
      topic: 'orders',
      records: 200,
      keys: 0,
      paddingBytes: 900,
      everyMs: { min: 0, max: 200 },
      config: { maxInFlightRequestsPerConnection: pick.int(1, 5), batchSize: pick.one(0, 1000, 16_384), lingerMs: pick.one(0, 20) },
    },
  ],
  groups: [{ group: 'audit', topics: ['orders'], members: 1, commit: 'auto' }],
  faults: [killBroker, restartBroker, tearWrite, crashProducer, ...networkFaults],
  faultEveryMs: { min: 300, max: 5000 },
  weatherMs: 45_000,
})
