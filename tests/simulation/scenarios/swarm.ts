import { killBroker, killStartingBroker, losePower, restartBroker, tearWrite } from '../faults/broker-faults.ts'
import { stepBrokerClock, stepClientClock } from '../faults/clock-faults.ts'
import { failSync, failWrite, fillDisk, slowSyncs } from '../faults/disk-faults.ts'
import type { Fault } from '../faults/fault.ts'
import { crashProducer, memberFaults } from '../faults/member-faults.ts'
import { networkFaults } from '../faults/network-faults.ts'
import type { Pick, ProducersSpec, ScenarioOf } from '../scenario.ts'
import { keepTopics } from '../workload/topic-keeper.ts'

const everyFault = [
  killBroker,
  killStartingBroker,
  restartBroker,
  tearWrite,
  losePower,
  slowSyncs,
  fillDisk,
  failWrite,
  failSync,
  stepBrokerClock,
  stepClientClock,
  crashProducer,
  ...memberFaults,
  ...networkFaults,
]

function producers(pick: Pick): ProducersSpec {
  return {
    topic: 'orders',
    count: pick.int(1, 3),
    records: pick.int(30, 200),
    keys: pick.one(0, 1, 7, 100),
    paddingBytes: pick.one(0, 60, 3000),
    everyMs: { min: 0, max: pick.one(20, 200, 1000) },
    config: {
      lingerMs: pick.one(0, 5, 200),
      batchSize: pick.one(0, 500, 16_384),
      maxInFlightRequestsPerConnection: pick.int(1, 5),
      compressionType: pick.one('none', 'gzip', 'snappy', 'lz4', 'zstd'),
      requestTimeoutMs: pick.one(1000, 4000, 10_000),
      deliveryTimeoutMs: pick.one(12_000, 40_000),
      retryBackoffMs: pick.one(1, 100),
    },
  }
}

/** What a failed sync leaves behind, a later one passes over, as in Linux: when power is then lost, no broker can know what is missing. */
function together(faults: readonly Fault[]): readonly Fault[] {
  return faults.includes(losePower) ? faults.filter((fault) => fault !== failSync) : faults
}

export const swarm: ScenarioOf = (pick) => ({
  name: 'swarm',
  about: 'Some of everything: each seed has settings and faults of its own.',
  config: {
    'log.flush.interval.messages': '1',
    'log.roll.ms': pick.one('1000', '10000', '604800000'),
    'log.index.interval.bytes': pick.one('0', '4096'),
    'log.message.timestamp.after.max.ms': '9223372036854775807',
    'offsets.topic.num.partitions': pick.one('1', '4'),
    'group.initial.rebalance.delay.ms': pick.one('0', '0', '3000'),
  },
  topics: { orders: { partitions: pick.int(1, 3), grownTo: 4 }, payments: { partitions: 1 } },
  producers: [producers(pick), { ...producers(pick), topic: 'payments' }],
  groups: [
    {
      group: 'billing',
      topics: ['orders', 'payments'],
      members: pick.int(1, 3),
      commit: pick.one('sync', 'async', 'mixed', 'auto'),
      isStatic: pick.chance(0.3),
      workMs: { min: 0, max: pick.one(1, 300) },
      config: { maxPollRecords: pick.one(1, 20, 500), metadataMaxAgeMs: 4000, fetchMaxWaitMs: pick.one(10, 500) },
    },
    { group: 'shipping', topics: ['payments'], members: pick.int(1, 2), commit: 'auto' },
  ],
  readers: [{ topic: 'payments', count: pick.int(0, 1) }],
  programs: { keeper: keepTopics('orders', 4) },
  faults: together(pick.some(everyFault)),
  faultEveryMs: { min: 50, max: pick.one(1000, 6000) },
  network: pick.one(
    {},
    {
      connectRefused: 0.05,
      connectTimedOut: 0.02,
      nameLookupFailed: 0.02,
      cut: 0.004,
      halfOpen: 0.002,
      responseLost: 0.004,
      stalled: 0.01,
    },
  ),
  weatherMs: pick.one(20_000, 60_000),
  restartsAfterwards: true,
})
