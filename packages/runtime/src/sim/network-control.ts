/** What a test does to the network. Hosts are named; a fault is counted only when it strikes something. */

import type { NetworkFaults } from './link.ts'
import type { NetworkFabric } from './network-fabric.ts'
import type { World } from './world.ts'

export class NetworkControl {
  readonly #world: World
  readonly #fabric: NetworkFabric

  constructor(world: World, fabric: NetworkFabric) {
    this.#world = world
    this.#fabric = fabric
  }

  /** Replaces the probabilities named; the others stay. */
  setFaults(faults: Partial<NetworkFaults>): void {
    this.#fabric.faults = { ...this.#fabric.faults, ...faults }
  }

  /** The addresses that a name resolves to; none takes the name away. */
  setName(name: string, addresses: readonly string[]): void {
    this.#fabric.setName(name, addresses)
  }

  /** Resets every connection between the two hosts, at both ends; what was on its way is lost. Returns how many there were. */
  cut(host: string, peer: string): number {
    const sockets = this.#fabric.socketsBetween(host, peer)
    for (const socket of sockets) {
      this.#world.fault(peer, 'connection-cut')
      socket.peer?.breakOff()
      socket.breakOff()
    }
    return sockets.length
  }

  /** Cuts a connection in the middle of the next piece of data that `from` sends to `to`. */
  cutDuringNext(from: string, to: string): void {
    this.#fabric.linkBetween(from, to).armCut()
  }

  /** Lets the next request from `client` reach `server`, and cuts the connection before the response is back. */
  loseNextResponse(client: string, server: string): void {
    this.#fabric.linkBetween(server, client).armResponseLoss()
  }

  /** `host` loses its connections to `peer`, which is not told. Returns how many there were. */
  halfOpen(host: string, peer: string): number {
    const sockets = this.#fabric.socketsBetween(host, peer)
    for (const socket of sockets) {
      this.#world.fault(host, 'connection-half-open')
      socket.breakOff()
      socket.fallSilent()
    }
    return sockets.length
  }

  /** Nothing gets from `from` to `to` until `unblock`; what is sent meanwhile waits, as TCP has it. */
  block(from: string, to: string): void {
    this.#fabric.linkBetween(from, to).block()
  }

  unblock(from: string, to: string): void {
    this.#fabric.linkBetween(from, to).unblock()
  }

  /** Blocks both directions. */
  partition(host: string, peer: string): void {
    this.block(host, peer)
    this.block(peer, host)
  }

  heal(host: string, peer: string): void {
    this.unblock(host, peer)
    this.unblock(peer, host)
  }

  /** Adds to the latency of both directions; 0 ends it. */
  slow(host: string, peer: string, byMs: number): void {
    this.#fabric.linkBetween(host, peer).slowedByMs = byMs
    this.#fabric.linkBetween(peer, host).slowedByMs = byMs
  }

  /** Connections to the host are refused until `acceptConnections`. */
  refuseConnections(host: string): void {
    this.#fabric.refusingHosts.add(host)
  }

  acceptConnections(host: string): void {
    this.#fabric.refusingHosts.delete(host)
  }
}
