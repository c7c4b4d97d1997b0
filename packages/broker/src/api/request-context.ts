/** The context of one request, as handlers see it. */

import type { RequestHeaderFields } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import type { BrokerNode } from '../node.ts'
import type { AclOperation, Principal, ResourceType } from './authorizer.ts'
import { authorizedOperations } from './authorizer.ts'
import type { ClientConnection, RequestContext } from './context.ts'

export class Context implements RequestContext {
  readonly cluster: Cluster
  readonly node: BrokerNode
  readonly connection: ClientConnection
  readonly clientId: string
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly requestBytes: number

  constructor(cluster: Cluster, node: BrokerNode, connection: ClientConnection, header: RequestHeaderFields, requestBytes: number) {
    this.cluster = cluster
    this.node = node
    this.connection = connection
    this.clientId = header.clientId ?? ''
    this.apiKey = header.apiKey
    this.apiVersion = header.apiVersion
    this.correlationId = header.correlationId
    this.requestBytes = requestBytes
  }

  get listener(): string {
    return this.connection.listener
  }

  get principal(): Principal {
    return this.connection.principal
  }

  get clientHost(): string {
    return this.connection.clientHost
  }

  get clientSoftwareName(): string {
    return this.connection.clientSoftwareName
  }

  get clientSoftwareVersion(): string {
    return this.connection.clientSoftwareVersion
  }

  allows(operation: AclOperation, resource: ResourceType, name: string): boolean {
    return this.cluster.authorizer.authorize(this.principal, this.clientHost, operation, resource, name)
  }

  authorizedOperations(resource: ResourceType, name: string): number {
    return authorizedOperations(this.cluster.authorizer, this.principal, this.clientHost, resource, name)
  }
}
