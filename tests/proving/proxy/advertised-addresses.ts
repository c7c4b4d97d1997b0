/** Rewrites the addresses that brokers advertise, so that clients stay behind the proxy. */

import {
  type Api,
  decodeResponseHeader,
  describeCluster,
  encodeResponseFrame,
  fetch,
  findCoordinator,
  metadata,
  produce,
  Reader,
  shareAcknowledge,
  shareFetch,
} from '@odradek/protocol'

export interface Address {
  host: string
  port: number
}

/** The proxy's address for a broker's. */
export type Translate = (nodeId: number, address: Address) => Promise<Address>

interface Endpoint {
  readonly nodeId: number
  /** Part of the message: changed in place. */
  readonly address: Address
}

type Rewriter = (frame: Buffer, version: number, translate: Translate) => Promise<readonly Uint8Array[]>

/** `endpointsOf` returns what the message advertises; a response that has none is passed on as it came. */
function rewriter<Input, Response extends Input>(
  api: Api<unknown, never, Response, Input>,
  firstVersion: number,
  endpointsOf: (response: Response, version: number) => Endpoint[],
): [number, Rewriter] {
  const rewrite: Rewriter = async (frame, version, translate) => {
    if (version < firstVersion) return [frame]
    if (version > api.maxVersion) throw new RangeError(`${api.name} version ${version} is newer than the proxy, which cannot rewrite it`)
    const reader = new Reader(frame, 4)
    const correlationId = decodeResponseHeader(reader, api, version)
    const response = api.decodeResponse(reader, version)
    const endpoints = endpointsOf(response, version).filter(({ address }) => address.host !== '' && address.port > 0)
    if (endpoints.length === 0) return [frame]
    for (const { nodeId, address } of endpoints) Object.assign(address, await translate(nodeId, address))
    return encodeResponseFrame(api, version, correlationId, response)
  }
  return [api.key, rewrite]
}

function byNodeId(endpoints: (Address & { nodeId: number })[]): Endpoint[] {
  return endpoints.map((endpoint) => ({ nodeId: endpoint.nodeId, address: endpoint }))
}

const rewriters = new Map<number, Rewriter>([
  rewriter(metadata, 0, ({ brokers }) => byNodeId(brokers)),
  rewriter(findCoordinator, 0, (response, version) => byNodeId(version < 4 ? [response] : response.coordinators)),
  rewriter(describeCluster, 0, ({ brokers }) => brokers.map((broker) => ({ nodeId: broker.brokerId, address: broker }))),
  rewriter(produce, 10, ({ nodeEndpoints }) => byNodeId(nodeEndpoints)),
  rewriter(fetch, 16, ({ nodeEndpoints }) => byNodeId(nodeEndpoints)),
  rewriter(shareFetch, 0, ({ nodeEndpoints }) => byNodeId(nodeEndpoints)),
  rewriter(shareAcknowledge, 0, ({ nodeEndpoints }) => byNodeId(nodeEndpoints)),
])

/** Whether responses of this API may advertise addresses. */
export function advertises(apiKey: number): boolean {
  return rewriters.has(apiKey)
}

/**
 * The response frame with the proxy's addresses, as chunks for a socket. Throws RangeError for a version that this package does not know,
 * and MalformedError.
 */
export async function rewriteAddresses(
  frame: Buffer,
  apiKey: number,
  version: number,
  translate: Translate,
): Promise<readonly Uint8Array[]> {
  return (await rewriters.get(apiKey)?.(frame, version, translate)) ?? [frame]
}
