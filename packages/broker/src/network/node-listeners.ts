/** What one node is reached through: its listeners and the connections that came in through them. */

import type { Dispatcher } from '../api/dispatcher.ts'
import type { ListenerAddress } from '../config/listeners.ts'
import { ConnectionTable } from './connection-table.ts'
import type { ConnectionQuota } from '../quota/connection-quota.ts'
import type { ServerOptions } from './server.ts'
import { Server } from './server.ts'

export type NodeListenersOptions = Omit<ServerOptions, 'connections'>

export class NodeListeners {
  readonly servers: readonly Server[]
  readonly connections: ConnectionTable

  private constructor(servers: readonly Server[], connections: ConnectionTable) {
    this.servers = servers
    this.connections = connections
  }

  /** Takes every port or none; connections are refused until `serve`. Throws ListenError. */
  static async open(addresses: readonly ListenerAddress[], options: NodeListenersOptions): Promise<NodeListeners> {
    const connections = new ConnectionTable(options.config, options.runtime.clock)
    const servers: Server[] = []
    try {
      for (const address of addresses) servers.push(await Server.listen(address, { ...options, connections }))
    } catch (error) {
      await Promise.all(servers.map((server) => server.close()))
      throw error
    }
    return new NodeListeners(servers, connections)
  }

  /** Where it listens, with the ports that it got: what to open again after a stop. */
  get addresses(): ListenerAddress[] {
    return this.servers.map(({ name, requestedHost, bound }) => ({ name, host: requestedHost, port: bound.port }))
  }

  serve(dispatcher: Dispatcher, quota: ConnectionQuota): void {
    for (const server of this.servers) server.serve(dispatcher, quota)
  }

  /** Open connections stay open. */
  async stopAccepting(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()))
  }

  /** Is gone at once, as by a crash: nobody who waits is answered. */
  async drop(): Promise<void> {
    const stopped = this.stopAccepting()
    this.connections.destroyAll()
    await stopped
  }
}
