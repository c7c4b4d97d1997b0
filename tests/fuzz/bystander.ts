/** A client that does nothing wrong, and notices when it is not served. */

import { setTimeout as pause } from 'node:timers/promises'
import { connect, type Socket } from 'node:net'
import { type Api, decodeResponseHeader, encodeRequestFrame, ErrorCodes, metadata, Reader } from '@odradek/protocol'
import { topic } from './valid-requests.ts'

const pauseMs = 5

export class Bystander {
  readonly topicId: string
  requests = 0
  slowestMs = 0
  readonly #socket: Socket
  #isStopped = false
  readonly #done: Promise<void>

  private constructor(socket: Socket, topicId: string) {
    this.#socket = socket
    this.topicId = topicId
    this.#done = this.#run()
  }

  static async start(port: number): Promise<Bystander> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    // What follows an error is a close, which is waited for.
    socket.on('error', () => undefined)
    const found = await askMetadata(socket)
    return new Bystander(socket, found)
  }

  /** Rejects when a request was not answered as it should be. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    await this.#done
    this.#socket.destroy()
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const started = performance.now()
      const found = await askMetadata(this.#socket)
      if (found !== this.topicId) throw new Error(`the topic's id has become ${found}`)
      this.slowestMs = Math.max(this.slowestMs, performance.now() - started)
      this.requests++
      await pause(pauseMs)
    }
  }
}

async function askMetadata(socket: Socket): Promise<string> {
  const { topics } = await ask(socket, metadata, 12, { topics: [{ name: topic }] })
  const [found] = topics
  if (found?.errorCode !== ErrorCodes.NONE) throw new Error(`the topic is gone: error ${found?.errorCode}`)
  return found.topicId
}

function ask<Req, Input, Res, ResInput>(
  socket: Socket,
  api: Api<Req, Input, Res, ResInput>,
  version: number,
  request: Input,
): Promise<Res> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    const onClose = (): void => reject(new Error('the connection of a client that did nothing wrong was closed'))
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      socket.off('data', onData)
      socket.off('close', onClose)
      const reader = new Reader(received, 4)
      decodeResponseHeader(reader, api, version)
      resolve(api.decodeResponse(reader, version))
    }
    socket.on('data', onData)
    socket.once('close', onClose)
    socket.write(Buffer.concat(encodeRequestFrame(api, version, 1, 'bystander', request)))
  })
}
