/** Requests as they are, to any broker: one at a time, over a connection that is made anew after the broker has closed it. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Api, decodeResponseHeader, encodeRequestFrame, Reader } from '@odradek/protocol'

const patienceMs = 10_000

export interface RawConnection extends AsyncDisposable {
  /** Undefined when the broker closes the connection instead of answering, or does not answer for ten seconds. */
  request<Request, RequestInput, Response, ResponseInput>(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    message: RequestInput,
  ): Promise<Response | undefined>
}

export function rawConnection(bootstrapServers: string, clientId = 'raw'): RawConnection {
  const [host = '', port = ''] = bootstrapServers.split(',')[0]?.split(':') ?? []
  let socket: Socket | undefined
  let correlationId = 0
  const open = async (): Promise<Socket> => {
    if (socket !== undefined && !socket.destroyed && socket.readable && socket.writable) return socket
    socket = connect({ host, port: Number(port), noDelay: true })
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  const connection: RawConnection = {
    request: async (api, version, message) => {
      const opened = await open()
      for (const chunk of encodeRequestFrame(api, version, ++correlationId, clientId, message)) opened.write(chunk)
      const frame = await readFrame(opened)
      if (frame === undefined) return undefined
      const reader = new Reader(frame)
      decodeResponseHeader(reader, api, version)
      return api.decodeResponse(reader, version)
    },
    [Symbol.asyncDispose]: async () => {
      const isOpen = socket !== undefined && !socket.destroyed
      socket?.destroy()
      if (isOpen && socket !== undefined) await once(socket, 'close')
    },
  }
  return connection
}

function readFrame(socket: Socket): Promise<Buffer | undefined> {
  let received = Buffer.alloc(0)
  return new Promise((resolve) => {
    const settle = (frame: Buffer | undefined): void => {
      clearTimeout(timer)
      socket.off('data', onData)
      socket.off('close', onClose)
      if (frame === undefined) socket.destroy()
      resolve(frame)
    }
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk])
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) settle(received.subarray(4))
    }
    const onClose = (): void => settle(undefined)
    const timer = setTimeout(onClose, patienceMs)
    socket.on('data', onData)
    socket.on('close', onClose)
  })
}
