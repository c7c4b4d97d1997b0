/** Ways in which the broker's process and machine die. Its service manager starts it again. */

import { BROKER } from '../stage/broker-host.ts'
import type { Fault } from './fault.ts'

const STATE_FILES = /\.(?:log|index|timeindex|snapshot|txnindex|checkpoint|tmp)$/
const TEAR_PATIENCE_MS = 5000
const MAX_TORN_BYTES = 120
/** A broker does a few hundred timers and file operations a second. */
const MAX_EVENTS = 400
const MAX_STARTING_EVENTS = 120

/** Between any two things that it does. */
export const killBroker: Fault = {
  name: 'broker killed',
  kinds: ['process-killed'],
  async strike({ simulation, broker }, random) {
    if (broker.broker === undefined) return false
    simulation.killAfter(BROKER, 1 + random.int(MAX_EVENTS))
    return true
  },
}

/** While it is starting, too, where it recovers its logs and replays its state. */
export const killStartingBroker: Fault = {
  name: 'broker killed as it starts',
  kinds: ['process-killed'],
  async strike({ simulation }, random) {
    simulation.kill(BROKER)
    // The process in which the service manager will start the next broker.
    simulation.runtime(BROKER)
    simulation.killAfter(BROKER, 1 + random.int(MAX_STARTING_EVENTS))
    return true
  },
}

export const tearWrite: Fault = {
  name: 'write torn',
  kinds: ['write-torn'],
  async strike({ simulation }, random) {
    const disk = simulation.disk(BROKER)
    const torn = disk.tearNextWrite(STATE_FILES, random.int(MAX_TORN_BYTES)).then(() => true)
    const isTorn = await Promise.race([torn, simulation.sleep(TEAR_PATIENCE_MS).then(() => false)])
    disk.disarm()
    return isTorn
  },
}

export const losePower: Fault = {
  name: 'power lost',
  kinds: ['power-lost'],
  async strike({ simulation, history }) {
    history.faultOnce('power lost', BROKER)
    simulation.powerLoss(BROKER)
    return true
  },
}

/** In an orderly way, as for an upgrade. */
export const restartBroker: Fault = {
  name: 'broker restarted',
  kinds: [],
  strike: ({ broker }, random) => broker.restart(random.int(2000)),
}
