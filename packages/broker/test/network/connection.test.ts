import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createNodeRuntime, type Socket } from '@odradek/runtime'
import { anonymous } from '../../src/api/authorizer.ts'
import type { ResponseChunks, Started } from '../../src/api/dispatcher.ts'
import { silentLogger } from '../../src/logger.ts'
import { Connection } from '../../src/network/connection.ts'
import { RequestBudget } from '../../src/network/request-budget.ts'

class RecordingSocket implements Socket {
  readonly remoteAddress = '::ffff:10.0.0.1'
  readonly remotePort = 1
  readonly localAddress = '::1'
  readonly localPort = 2
  readonly bufferedBytes = 0
  readonly written: string[] = []
  isPaused = false
  isFull = false
  ended = 0

  write(chunks: readonly Uint8Array[]): boolean {
    this.written.push(...chunks.map((chunk) => Buffer.from(chunk).toString()))
    return !this.isFull
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.ended++
  }

  destroy(): void {
    this.ended++
  }
}

/** Requests whose answers the test gives: `s…` at once, `p…` later and pipelined, anything else later and one by one. */
class Desk {
  readonly started: string[] = []
  readonly #answers = new Map<string, (chunks: ResponseChunks) => void>()

  start(frame: Buffer): Started {
    const name = frame.toString().slice(0, 2)
    this.started.push(name)
    if (name.startsWith('s')) return { chunks: [Buffer.from(name)] }
    const response = new Promise<ResponseChunks>((resolve) => {
      this.#answers.set(name, resolve)
    })
    return { response, ordered: name.startsWith('p') ? undefined : response }
  }

  async answer(name: string, chunks: ResponseChunks = [Buffer.from(name)]): Promise<void> {
    this.#answers.get(name)?.(chunks)
    await setImmediate()
  }
}

function open(budgetBytes = 1000) {
  const socket = new RecordingSocket()
  const desk = new Desk()
  const budget = new RequestBudget(budgetBytes)
  const { clock } = createNodeRuntime()
  let closed = 0
  const onClosed = (): void => {
    closed++
  }
  const options = { id: 1, listener: 'PLAINTEXT', principal: anonymous, maxFrameBytes: 1_000_000, clock, logger: silentLogger, budget }
  const connection = new Connection(socket, { ...options, dispatcher: desk, onClosed })
  const receive = (...names: readonly string[]): void => connection.onData(Buffer.concat(names.map(framed)))
  return { socket, desk, budget, connection, receive, closed: () => closed }
}

function framed(body: string): Buffer {
  const frame = Buffer.alloc(4 + body.length)
  frame.writeInt32BE(body.length)
  frame.write(body, 4)
  return frame
}

test('answers go out in the order of the requests, however they come in; none for those that have none', async () => {
  const { socket, desk, receive } = open()
  receive('p1', 'p2', 's3', 'p4', 's5')
  assert.deepEqual(desk.started, ['p1', 'p2', 's3', 'p4', 's5'])
  await desk.answer('p2', null)
  await desk.answer('p4')
  assert.deepEqual(socket.written, [])
  await desk.answer('p1')
  assert.deepEqual(socket.written, ['p1', 's3', 'p4', 's5'])
})

test('a request that is not pipelined holds back the next one, and then the socket', async () => {
  const { socket, desk, receive } = open()
  receive('a1', 's2')
  assert.deepEqual(desk.started, ['a1'])
  assert.equal(socket.isPaused, false)
  receive(`s3${'x'.repeat(70_000)}`)
  assert.equal(socket.isPaused, true)
  await desk.answer('a1')
  assert.deepEqual(desk.started, ['a1', 's2', 's3'])
  assert.equal(socket.isPaused, false)
})

test('a peer that does not take its answers is asked for nothing more until it does', () => {
  const { socket, desk, connection, receive } = open()
  socket.isFull = true
  receive('s1')
  receive('s2')
  assert.deepEqual(desk.started, ['s1'])
  socket.isFull = false
  connection.onDrain()
  assert.deepEqual(desk.started, ['s1', 's2'])
})

test('the budget gets everything back, once, also when the connection closes in between', async () => {
  const { desk, budget, connection, receive, closed } = open()
  receive('p1', 'p2', 'p3')
  assert.equal(budget.usedBytes, 6)
  await desk.answer('p2')
  assert.equal(budget.usedBytes, 4)
  let told = 0
  connection.whenClosed(() => told++)
  connection.onClose()
  connection.onClose()
  assert.equal(budget.usedBytes, 0)
  await desk.answer('p1')
  assert.equal(budget.usedBytes, 0)
  assert.deepEqual([told, closed(), connection.isOpen], [1, 1, false])
})

test('beyond the budget nothing starts', async () => {
  const { desk, receive } = open(4)
  receive('p1', 'p2', 'p3')
  assert.deepEqual(desk.started, ['p1', 'p2'])
  await desk.answer('p1')
  assert.deepEqual(desk.started, ['p1', 'p2', 'p3'])
})

test('a peer that has said its last is still answered; a closing broker starts nothing new', async () => {
  const first = open()
  first.receive('a1')
  first.connection.onEnd()
  assert.equal(first.socket.ended, 0)
  await first.desk.answer('a1')
  assert.deepEqual(first.socket.written, ['a1'])
  assert.equal(first.socket.ended, 1)
  const second = open()
  second.receive('a1', 's2')
  second.connection.endWhenIdle()
  await second.desk.answer('a1')
  assert.deepEqual([second.desk.started, second.socket.ended], [['a1'], 1])
})

test('addresses are shown as what they are', () => {
  const { connection } = open()
  assert.deepEqual([connection.clientHost, connection.localAddress], ['10.0.0.1', '::1'])
})
