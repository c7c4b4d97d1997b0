import { losePower } from '../faults/broker-faults.ts'
import { cutConnections, loseResponse } from '../faults/network-faults.ts'
import type { ScenarioOf } from '../scenario.ts'

const FLUSH_MS = 500

export const unsynced: ScenarioOf = (pick) => ({
  name: 'unsynced',
  about: 'Power is lost under logs that are flushed every half second: what is lost was acknowledged in the last moments alone.',
  config: { 'log.flush.interval.ms': String(FLUSH_MS), 'log.roll.ms': pick.one('3000', '604800000') },
  topics: { orders: { partitions: pick.int(1, 3) } },
  producers: [{ topic: 'orders', count: 2, records: 200, everyMs: { min: 0, max: 300 } }],
  faults: [losePower, cutConnections, loseResponse],
  faultEveryMs: { min: 1000, max: 8000 },
  weatherMs: 40_000,
  // One flush may have been under way when the record came, and the next waits for its timer.
  unsyncedMs: 2 * FLUSH_MS + 500,
})
