/** What goes wrong with the broker's disk. A log whose write failed stays offline until the broker is restarted, and so it is; a full disk needs room alone. */

import type { RandomStream } from '@odradek/runtime/sim'
import { BROKER } from '../stage/broker-host.ts'
import type { Stage } from '../stage/stage.ts'
import type { Fault } from './fault.ts'

const STATE_FILES = /\.(?:log|index|timeindex|snapshot|tmp)$/
const MAX_FREE_BYTES = 4000
const LONGEST_MS = 6000

/** Somebody looks at it after a while and starts the broker anew. */
async function repair({ simulation, broker }: Stage, random: RandomStream): Promise<void> {
  await simulation.sleep(random.int(LONGEST_MS))
  simulation.disk(BROKER).disarm()
  simulation.disk(BROKER).setCapacity(2 ** 40)
  if (random.chance(0.5)) await broker.restart(random.int(1000))
  else simulation.kill(BROKER)
}

export const fillDisk: Fault = {
  name: 'disk filled',
  kinds: ['disk-full'],
  async strike(stage, random) {
    const { simulation } = stage
    const disk = simulation.disk(BROKER)
    const usedBytes = disk.paths().reduce((sum, path) => sum + disk.read(path).length, 0)
    disk.setCapacity(usedBytes + random.int(MAX_FREE_BYTES))
    if (random.chance(0.5)) await repair(stage, random)
    else {
      await simulation.sleep(random.int(LONGEST_MS))
      disk.setCapacity(2 ** 40)
    }
    return true
  },
}

export const failWrite: Fault = {
  name: 'write failed',
  kinds: ['write-failed'],
  async strike(stage, random) {
    stage.simulation.disk(BROKER).failNextWrite(STATE_FILES, 'EIO', random.int(100))
    await repair(stage, random)
    return true
  },
}

/** What it should have made durable never will be; the broker must not acknowledge it. */
export const failSync: Fault = {
  name: 'sync failed',
  kinds: ['sync-failed'],
  async strike(stage, random) {
    stage.simulation.disk(BROKER).failNextSync(STATE_FILES)
    await repair(stage, random)
    return true
  },
}

export const slowSyncs: Fault = {
  name: 'syncs slowed',
  kinds: ['sync-slowed'],
  async strike({ simulation }, random) {
    simulation.disk(BROKER).slowSyncs(random.int(3000))
    await simulation.sleep(random.int(LONGEST_MS))
    simulation.disk(BROKER).slowSyncs(0)
    return true
  },
}
