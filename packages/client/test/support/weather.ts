/** The network of a fake cluster with names that have several addresses, addresses that refuse or swallow, and a record of who was called. */

import type { ConnectOptions, Network, Runtime } from '@odradek/runtime'
import type { FakeCluster } from './fake-cluster.ts'

export interface Call extends ConnectOptions {
  readonly atMs: number
}

export class Weather {
  readonly runtime: Runtime
  /** Attempts to connect, in order. */
  readonly calls: Call[] = []
  /** Addresses of names; other names are their own. */
  readonly names: Map<string, string[]> = new Map()
  /** host:port or host that refuse connections. */
  readonly refusing: Set<string> = new Set()
  /** host:port or host where an attempt ends by its timeout alone. */
  readonly swallowing: Set<string> = new Set()

  constructor(cluster: FakeCluster) {
    const { network, clock } = cluster.runtime
    const connect: Network['connect'] = (options, handler) => {
      this.calls.push({ ...options, atMs: clock.monotonicMs() })
      if (isIn(this.refusing, options)) return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
      if (!isIn(this.swallowing, options)) return network.connect(options, handler)
      return new Promise((_resolve, reject) => {
        clock.setTimer(options.timeoutMs, () => reject(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })))
      })
    }
    const resolve = (host: string): Promise<string[]> => {
      const addresses = this.names.get(host) ?? [host]
      return addresses.length === 0 ? Promise.reject(new Error(`getaddrinfo ENOTFOUND ${host}`)) : Promise.resolve([...addresses])
    }
    this.runtime = { ...cluster.runtime, network: { ...network, connect, resolve } }
  }
}

function isIn(places: ReadonlySet<string>, { host, port }: ConnectOptions): boolean {
  return places.has(host) || places.has(`${host}:${port}`)
}
