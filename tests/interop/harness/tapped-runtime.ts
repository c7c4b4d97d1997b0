/** Node's runtime with an ear on what our client sends: the fetches, as the broker gets them. */

import type { FetchRequest } from '@odradek/protocol'
import { decodeRequestHeader, fetch, Reader } from '@odradek/protocol'
import type { Runtime } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'

export interface TappedFetch {
  readonly port: number
  readonly version: number
  readonly message: FetchRequest
}

export interface TappedRuntime {
  readonly runtime: Runtime
  /** In the order sent. */
  readonly fetches: TappedFetch[]
}

export function createTappedRuntime(): TappedRuntime {
  const runtime = createNodeRuntime()
  const fetches: TappedFetch[] = []
  const { network } = runtime
  const hear = (port: number, frame: Buffer): void => {
    const reader = new Reader(frame, 4)
    const { apiKey, apiVersion } = decodeRequestHeader(reader)
    if (apiKey === fetch.key) fetches.push({ port, version: apiVersion, message: fetch.decodeRequest(reader, apiVersion) })
  }
  return {
    fetches,
    runtime: {
      ...runtime,
      network: {
        listen: (options, accept) => network.listen(options, accept),
        resolve: (host) => network.resolve(host),
        connect: async (options, handler) => {
          const socket = await network.connect(options, handler)
          const write = socket.write.bind(socket)
          // The client writes a request at a time.
          socket.write = (chunks, onTaken) => {
            hear(options.port, Buffer.concat(chunks))
            return write(chunks, onTaken)
          }
          return socket
        },
      },
    },
  }
}
