/** A broker on a simulated host, for what takes it hours, and a client on another one. */

import type { Simulation } from '@odradek/runtime/sim'
import { createSimulation } from '@odradek/runtime/sim'
import type { StartBrokerOptions } from '../../src/index.ts'
import { startBroker } from '../../src/index.ts'
import type { FileFaults } from './file-faults.ts'
import { runtimeWithFaults } from './file-faults.ts'
import { WireClient } from './wire-client.ts'

export const brokerHost = 'broker'
const port = 9092

/**
 * Starts a broker on the host, anew after a kill, whose disk keeps what was there. Topics need `message.timestamp.type=LogAppendTime`: the
 * records of tests have the time of day.
 */
export async function startSimulated(simulation: Simulation, options: StartBrokerOptions, faults: FileFaults = {}): Promise<WireClient> {
  const runtime = runtimeWithFaults(faults, simulation.runtime(brokerHost))
  await startBroker({ runtime, host: brokerHost, port, dataDir: '/data', ...options })
  return WireClient.connect(port, brokerHost, simulation.runtime('client').network)
}

export interface SimulatedTest {
  readonly simulation: Simulation
  readonly client: WireClient
}

/** Runs `body` in a world of its own. */
export async function withSimulatedBroker(
  options: StartBrokerOptions,
  body: (test: SimulatedTest) => Promise<void>,
  faults?: FileFaults,
): Promise<void> {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    await body({ simulation, client: await startSimulated(simulation, options, faults) })
  })
}
