import { killBroker, restartBroker } from '../faults/broker-faults.ts'
import { stepBrokerClock, stepClientClock } from '../faults/clock-faults.ts'
import { memberFaults } from '../faults/member-faults.ts'
import { stallLink } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

export const clocks: ScenarioOf = (pick) => ({
  name: 'clocks',
  about: 'Wall clocks are set forwards and backwards by hours; sessions, deliveries and backoffs must not care.',
  config: {
    'log.roll.ms': pick.one('3600000', '604800000'),
    'log.message.timestamp.type': pick.one('CreateTime', 'LogAppendTime'),
    // The broker refuses records from too far in its future: here, that is the clocks' fault.
    'log.message.timestamp.after.max.ms': '9223372036854775807',
  },
  topics: { orders: { partitions: pick.int(1, 3) } },
  producers: [{ topic: 'orders', count: 2, records: 120, everyMs: { min: 0, max: 500 } }],
  groups: [{ group: 'billing', topics: ['orders'], members: 2, commit: pick.one('auto', 'sync') }],
  faults: [stepBrokerClock, stepBrokerClock, stepClientClock, stepClientClock, killBroker, restartBroker, stallLink, ...memberFaults],
  faultEveryMs: { min: 300, max: 5000 },
  weatherMs: 45_000,
})
