/** Wall clocks that are set, forwards and backwards. */

import { BROKER } from '../stage/broker-host.ts'
import type { Fault } from './fault.ts'

const LARGEST_STEP_MS = 2 * 3_600_000

export const stepBrokerClock: Fault = {
  name: 'broker clock stepped',
  kinds: ['clock-stepped'],
  async strike({ simulation }, random) {
    simulation.stepWallClock(BROKER, Math.round((random.next() * 2 - 1) * LARGEST_STEP_MS))
    return true
  },
}

export const stepClientClock: Fault = {
  name: 'client clock stepped',
  kinds: ['clock-stepped'],
  async strike({ simulation, programs }, random) {
    const program = programs[random.int(programs.length)]
    if (program !== undefined) simulation.stepWallClock(program.host, Math.round((random.next() * 2 - 1) * LARGEST_STEP_MS))
    return program !== undefined
  },
}
