/** What goes wrong between one client and the broker. */

import type { FaultKind, NetworkFaults, RandomStream } from '@odradek/runtime/sim'
import { BROKER } from '../stage/broker-host.ts'
import type { Stage } from '../stage/stage.ts'
import type { Fault, FaultName } from './fault.ts'

const LONGEST_MS = 12_000

function anyHost({ programs }: Stage, random: RandomStream): string {
  return programs[random.int(programs.length)]?.host ?? BROKER
}

export const cutConnections: Fault = {
  name: 'connections cut',
  kinds: ['connection-cut'],
  strike: async (stage, random) => stage.simulation.network.cut(anyHost(stage, random), BROKER) > 0,
}

/** The request is carried out, its response is lost. */
export const loseResponse: Fault = {
  name: 'response lost',
  kinds: ['response-lost'],
  async strike(stage, random) {
    stage.simulation.network.loseNextResponse(anyHost(stage, random), BROKER)
    return true
  },
}

/** One end forgets its connections, the other goes on believing in them. */
export const halfOpenConnections: Fault = {
  name: 'connections half open',
  kinds: ['connection-half-open'],
  async strike(stage, random) {
    const host = anyHost(stage, random)
    const [from, to] = random.chance(0.5) ? [host, BROKER] : [BROKER, host]
    return stage.simulation.network.halfOpen(from, to) > 0
  },
}

/** Nothing gets through for a while, one way or both; then everything does. */
export const stallLink: Fault = {
  name: 'link stalled',
  kinds: ['segment-blocked'],
  async strike(stage, random) {
    const { network } = stage.simulation
    const host = anyHost(stage, random)
    const way = random.int(3)
    if (way !== 0) network.block(host, BROKER)
    if (way !== 1) network.block(BROKER, host)
    await stage.simulation.sleep(random.int(LONGEST_MS))
    network.heal(host, BROKER)
    return true
  },
}

export const slowLink: Fault = {
  name: 'link slowed',
  kinds: ['segment-slowed'],
  async strike(stage, random) {
    const host = anyHost(stage, random)
    stage.simulation.network.slow(host, BROKER, random.int(1500))
    await stage.simulation.sleep(random.int(LONGEST_MS))
    stage.simulation.network.slow(host, BROKER, 0)
    return true
  },
}

export const refuseConnections: Fault = {
  name: 'connections refused',
  kinds: ['connect-refused'],
  async strike(stage, random) {
    const { network } = stage.simulation
    network.refuseConnections(BROKER)
    network.cut(anyHost(stage, random), BROKER)
    await stage.simulation.sleep(random.int(LONGEST_MS))
    network.acceptConnections(BROKER)
    return true
  },
}

const kindsOfChances: Readonly<Record<string, FaultKind>> = {
  nameLookupFailed: 'name-lookup-failed',
  connectRefused: 'connect-refused',
  connectTimedOut: 'connect-timed-out',
  cut: 'connection-cut',
  halfOpen: 'connection-half-open',
  responseLost: 'response-lost',
  stalled: 'segment-stalled',
  slowed: 'segment-slowed',
}

/** What the probabilities of a scenario's links may cause. */
export function chances(network: Partial<NetworkFaults>): FaultName[] {
  return Object.keys(network).flatMap((chance) => {
    const kind = kindsOfChances[chance]
    return kind === undefined ? [] : [{ name: `a link's ${chance}`, kinds: [kind] }]
  })
}

export const networkFaults: readonly Fault[] = [cutConnections, loseResponse, halfOpenConnections, stallLink, slowLink, refuseConnections]
