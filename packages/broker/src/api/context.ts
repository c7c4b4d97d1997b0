/** What a handler knows of the request beside its body: who asks, through which listener, of which node. */

import type { AclOperation, Principal, ResourceType } from './authorizer.ts'
import type { Cluster } from '../cluster.ts'
import type { BrokerNode } from '../node.ts'

/** The connection as far as handlers may know it. */
export interface ClientConnection {
  readonly id: number
  readonly listener: string
  readonly principal: Principal
  /** The client's address without port, as text; Kafka prints it with a leading slash. */
  readonly clientHost: string
  /** The address and port of this side of the connection: what to advertise for a listener bound to a wildcard. */
  readonly localAddress: string
  readonly localPort: number
  /** As told by ApiVersions v3 and later; 'unknown' before. */
  clientSoftwareName: string
  clientSoftwareVersion: string
  readonly isOpen: boolean
  /** Answers what is in progress and starts nothing more for `durationMs` (KIP-219); the longest of several counts. */
  throttle(durationMs: number): void
  /** Calls `listener` once when the connection has closed; the function that is returned takes it back. */
  whenClosed(listener: () => void): () => void
  /** Closes the connection at once: the one way to tell a client that it should not have an answer for. */
  destroy(): void
}

export interface RequestContext {
  /** The state that all nodes of this process share: topics, partitions, coordinators, configuration. */
  readonly cluster: Cluster
  /** The node that was asked. */
  readonly node: BrokerNode
  readonly connection: ClientConnection
  readonly listener: string
  readonly principal: Principal
  /** Empty when the client sent null. */
  readonly clientId: string
  /** The client's address without port; Kafka prints it with a leading slash. */
  readonly clientHost: string
  readonly clientSoftwareName: string
  readonly clientSoftwareVersion: string
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  /** Size of the frame, header included. */
  readonly requestBytes: number
  /** Whether the principal may do this. Checks that `authorize` of the handler has already made are not repeated by the handler. */
  allows(operation: AclOperation, resource: ResourceType, name: string): boolean
  /** KIP-430's bit field for one resource. */
  authorizedOperations(resource: ResourceType, name: string): number
}
