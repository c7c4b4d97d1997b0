/** Brokers in memory that answer as a test tells them to, over the real wire format, in time that the test moves. */

import type { AnyApi, Api, MetadataRequest, MetadataResponseInput, MetadataResponseTopicInput } from '@odradek/protocol'
import {
  apiByKey,
  apis,
  apiVersions,
  decodeRequestHeader,
  encodeResponseFrame,
  ErrorCodes,
  findCoordinator,
  initProducerId,
  metadata,
  Reader,
} from '@odradek/protocol'
import type { ConnectOptions, Network, Runtime, Socket, SocketHandler } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'
import { ManualClock, settle } from './manual-clock.ts'

/** Returned by a handler that leaves the request without an answer. */
export const noAnswer: unique symbol = Symbol('no answer')
/** Returned by a handler that cuts the connection instead. */
export const hangUp: unique symbol = Symbol('hang up')

export interface FakeRequest {
  readonly node: number
  readonly api: AnyApi
  readonly version: number
  readonly clientId: string | null
  readonly message: unknown
}

/** Bytes are sent as they are. */
type Answer<ResIn> = ResIn | Buffer | typeof noAnswer | typeof hangUp
type Handler = (message: unknown, request: FakeRequest) => unknown

export class FakeCluster {
  readonly clock: ManualClock = new ManualClock()
  readonly requests: FakeRequest[] = []
  /** Topic to partitions' leaders. */
  readonly topics: Map<string, number[]> = new Map()
  /** Nodes that accept connections; node n listens on port 9000 + n. */
  readonly nodes: number[]
  readonly runtime: Runtime
  readonly #handlers = new Map<number, Handler>()
  readonly #sockets = new Set<FakeSocket>()

  constructor(nodes: number[] = [1]) {
    this.nodes = nodes
    const network: Network = {
      connect: (options, handler) => this.#connect(options, handler),
      listen: () => Promise.reject(new Error('not here')),
      resolve: (host) => Promise.resolve([host]),
    }
    let random = 0.5
    this.runtime = {
      ...createNodeRuntime(),
      clock: this.clock,
      network,
      random: {
        next: () => (random = (random * 9301 + 0.49297) % 1),
        int: (bound) => Math.floor((random = (random * 9301 + 0.49297) % 1) * bound),
        bytes: (length) => new Uint8Array(length),
        uuid: () => '00000000-0000-4000-8000-000000000000',
      },
    }
    this.on(apiVersions, () => ({
      errorCode: 0,
      apiKeys: apis.map(({ key, advertisedMinVersion, maxVersion }) => ({ apiKey: key, minVersion: advertisedMinVersion, maxVersion })),
      throttleTimeMs: 0,
    }))
    this.on(metadata, (request) => this.describe(request))
    this.on(initProducerId, () => ({ throttleTimeMs: 0, errorCode: 0, producerId: 7, producerEpoch: 0 }))
    this.on(findCoordinator, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: 'fake', port: 9001, errorCode: 0, errorMessage: null })),
    }))
  }

  get bootstrapServers(): string {
    return this.nodes.map((node) => `fake:${9000 + node}`).join(',')
  }

  on<Req, ReqIn, Res, ResIn>(
    api: Api<Req, ReqIn, Res, ResIn>,
    handler: (message: Req, request: FakeRequest) => Answer<ResIn> | Promise<Answer<ResIn>>,
  ): void {
    this.#handlers.set(api.key, (message, request) => handler(message as Req, request))
  }

  get openSockets(): number {
    return [...this.#sockets].filter(({ isOpen }) => isOpen).length
  }

  /** Requests of one kind so far. */
  of<Req, ReqIn, Res, ResIn>(api: Api<Req, ReqIn, Res, ResIn>): Req[] {
    return this.requests.filter((request) => request.api.key === api.key).map(({ message }) => message as Req)
  }

  /** Takes nothing from the clients' sockets until the returned function is called, as a network whose buffers are full. */
  congest(): () => void {
    const held = [...this.#sockets]
    for (const socket of held) socket.hold()
    return () => {
      for (const socket of held) socket.letGo()
    }
  }

  /** Cuts all connections to a node. */
  cut(node: number): void {
    for (const socket of this.#sockets) if (socket.remotePort === 9000 + node) socket.fail(new Error('cut'))
  }

  async #connect({ port }: ConnectOptions, handler: SocketHandler): Promise<Socket> {
    await settle(1)
    const node = port - 9000
    if (!this.nodes.includes(node)) throw Object.assign(new Error(`connect ECONNREFUSED fake:${port}`), { code: 'ECONNREFUSED' })
    const socket: FakeSocket = new FakeSocket(port, handler, (frame) => void this.#serve(node, frame, socket))
    this.#sockets.add(socket)
    return socket
  }

  async #serve(node: number, frame: Buffer, socket: FakeSocket): Promise<void> {
    const reader = new Reader(frame, 4)
    const { apiKey, apiVersion, correlationId, clientId } = decodeRequestHeader(reader)
    const api = apiByKey(apiKey)
    if (api === undefined) throw new Error(`unknown API ${apiKey}`)
    const request: FakeRequest = { node, api, version: apiVersion, clientId, message: api.decodeRequest(reader, apiVersion) }
    this.requests.push(request)
    const handler = this.#handlers.get(apiKey)
    if (handler === undefined) throw new Error(`no handler for ${api.name}`)
    const before = socket.answered
    const answering = Promise.resolve(handler(request.message, request))
    // Answers keep the order of the requests, as a broker's do.
    socket.answered = before.then(() => answering.then(() => undefined))
    await before
    const answer = await answering
    if (Buffer.isBuffer(answer)) {
      socket.deliver(answer)
      return
    }
    // Who asks in a version that the broker does not know is answered in the oldest one.
    const version = (answer as { errorCode?: number }).errorCode === ErrorCodes.UNSUPPORTED_VERSION ? 0 : apiVersion
    if (answer === hangUp) socket.fail(new Error('hung up'))
    else if (answer !== noAnswer) socket.deliver(Buffer.concat(encodeResponseFrame(api, version, correlationId, answer)))
  }

  /** What a node says of the cluster, when all is well. */
  describe(request: MetadataRequest): MetadataResponseInput {
    const names = request.topics === null ? [...this.topics.keys()] : request.topics.map(({ name }) => name ?? '')
    const topics = names.map((name): MetadataResponseTopicInput => {
      const leaders = this.topics.get(name)
      if (leaders === undefined) return { errorCode: 3, name, partitions: [] }
      const partitions = leaders.map((leaderId, partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId,
        leaderEpoch: 0,
        replicaNodes: [leaderId],
        isrNodes: [leaderId],
      }))
      return { errorCode: 0, name, partitions }
    })
    const brokers = this.nodes.map((nodeId) => ({ nodeId, host: 'fake', port: 9000 + nodeId, rack: null }))
    return { throttleTimeMs: 0, brokers, clusterId: 'fake', controllerId: 1, topics }
  }
}

class FakeSocket implements Socket {
  readonly remoteAddress = 'fake'
  readonly remotePort: number
  readonly localAddress = 'test'
  readonly localPort = 0
  readonly #handler: SocketHandler
  readonly #onFrame: (frame: Buffer) => void
  /** Set while nothing is taken: what has been written, where it is. */
  #held: { readonly chunks: readonly Uint8Array[]; readonly onTaken: (() => void) | undefined }[] | undefined
  isOpen = true
  answered: Promise<void> = Promise.resolve()

  constructor(port: number, handler: SocketHandler, onFrame: (frame: Buffer) => void) {
    this.remotePort = port
    this.#handler = handler
    this.#onFrame = onFrame
  }

  get bufferedBytes(): number {
    return (this.#held ?? []).flatMap(({ chunks }) => chunks).reduce((bytes, chunk) => bytes + chunk.length, 0)
  }

  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean {
    if (this.#held === undefined) this.#take(chunks, onTaken)
    else this.#held.push({ chunks, onTaken })
    return this.#held === undefined
  }

  #take(chunks: readonly Uint8Array[], onTaken: (() => void) | undefined): void {
    const frame = Buffer.concat(chunks)
    if (!this.isOpen) return
    queueMicrotask(() => {
      onTaken?.()
      this.#onFrame(frame)
    })
  }

  hold(): void {
    this.#held = []
  }

  letGo(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const { chunks, onTaken } of held) this.#take(chunks, onTaken)
    this.#handler.onDrain?.()
  }

  deliver(bytes: Buffer): void {
    if (this.isOpen) this.#handler.onData(bytes)
  }

  fail(error: Error): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#handler.onClose(error)
  }

  destroy(): void {
    this.isOpen = false
  }

  end(): void {
    this.isOpen = false
  }

  pause(): void {}

  resume(): void {}
}
