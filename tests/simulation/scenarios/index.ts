/** Every scenario by its name. A new one is a file here and a line below. */

import type { ScenarioOf } from '../scenario.ts'
import { acks } from './acks.ts'
import { clocks } from './clocks.ts'
import { disk } from './disk.ts'
import { members } from './members.ts'
import { nodes } from './nodes.ts'
import { power } from './power.ts'
import { readers } from './readers.ts'
import { rebalances } from './rebalances.ts'
import { storm } from './storm.ts'
import { swarm } from './swarm.ts'
import { topics } from './topics.ts'
import { transactions } from './transactions.ts'
import { unsynced } from './unsynced.ts'

export const scenarios: Readonly<Record<string, ScenarioOf>> = {
  storm,
  power,
  unsynced,
  acks,
  members,
  rebalances,
  transactions,
  readers,
  topics,
  disk,
  clocks,
  nodes,
  swarm,
}
