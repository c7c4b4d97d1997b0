import { killBroker, restartBroker, tearWrite } from '../faults/broker-faults.ts'
import { memberFaults } from '../faults/member-faults.ts'
import { cutConnections, loseResponse, slowLink, stallLink } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const transactions: ScenarioOf = (pick) => ({
  name: 'transactions',
  about: 'Instances that read, work and write in transactions crash, stall and leave while the coordinator dies and answers are lost.',
  config: {
    'offsets.topic.num.partitions': pick.one('1', '5'),
    'transaction.state.log.num.partitions': pick.one('1', '3'),
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    'group.initial.rebalance.delay.ms': pick.one('0', '1000'),
  },
  nodes: pick.one(1, 1, 3),
  topics: { orders: { partitions: pick.int(1, 4) }, invoices: { partitions: 2 } },
  producers: [{ topic: 'orders', records: 200, everyMs: { min: 0, max: 600 }, keys: pick.one(0, 7) }],
  pipelines: [
    {
      group: 'billing',
      input: 'orders',
      output: 'invoices',
      instances: pick.int(2, 3),
      workMs: { min: 0, max: pick.one(50, 800) },
      config: { lingerMs: pick.one(0, 5, 50), batchSize: pick.one(200, 16_384) },
    },
  ],
  faults: [...memberFaults, killBroker, killBroker, restartBroker, tearWrite, loseResponse, cutConnections, stallLink, slowLink],
  faultEveryMs: { min: 200, max: 5000 },
  network: { cut: 0.002, responseLost: pick.one(0.002, 0.01), slowed: 0.01 },
  weatherMs: 70_000,
})
