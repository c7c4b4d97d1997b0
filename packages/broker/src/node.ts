/** The identity of one broker node, as a value: several nodes may live in one process. */

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface NodeListener {
  /** As in `listeners`, upper case. */
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  /** What the socket is bound to, with the port that it got. */
  readonly bound: Endpoint
  /** From `advertised.listeners`, else the bound address; undefined when bound to a wildcard: then the answer depends on the connection. */
  readonly advertised: Endpoint | undefined
}

export interface BrokerNode {
  readonly nodeId: number
  readonly rack: string | null
  readonly listeners: readonly NodeListener[]
}

/**
 * Where a client that came in through `listenerName` reaches `node`: clients must be sent back to the listener that they used.
 * A wildcard listener answers with the local address of the client's own connection, which is one that works for that client.
 */
export function endpointFor(node: BrokerNode, listenerName: string, localAddress: string): Endpoint | undefined {
  const listener = node.listeners.find((candidate) => candidate.name === listenerName)
  if (listener === undefined) return undefined
  return listener.advertised ?? { host: localAddress, port: listener.bound.port }
}
