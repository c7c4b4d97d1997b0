/** What the simulated network and the real one have in common. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Runtime, Socket, SocketHandler } from '../../src/index.ts'
import { codeOf, sleep, subjects, until } from './subjects.ts'

/** Writes down what happens to one socket. */
class Recorder implements SocketHandler {
  text = ''
  readonly events: string[] = []

  onData(chunk: Buffer): void {
    this.text += chunk.toString('latin1')
  }

  onDrain(): void {
    this.events.push('drain')
  }

  onEnd(): void {
    this.events.push('end')
  }

  onClose(error?: Error): void {
    this.events.push(error === undefined ? 'close' : 'close with an error')
  }
}

interface Connection {
  readonly runtime: Runtime
  readonly client: Socket
  readonly server: Socket
  readonly clientSees: Recorder
  readonly serverSees: Recorder
}

async function withConnection(runtime: Runtime, test: (connection: Connection) => Promise<void>): Promise<void> {
  const clientSees = new Recorder()
  const serverSees = new Recorder()
  let server: Socket | undefined
  const listener = await runtime.network.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    server = socket
    return serverSees
  })
  const client = await runtime.network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 1000 }, clientSees)
  await until(runtime, 'accepted', () => server !== undefined)
  try {
    if (server !== undefined) await test({ runtime, client, server, clientSees, serverSees })
  } finally {
    client.destroy()
    server?.destroy()
    await listener.close()
  }
}

/** Writes until bytes stay with the client, whose peer reads none; returns how many. */
async function fill({ runtime, client, server }: Connection): Promise<number> {
  server.pause()
  const piece = Buffer.alloc(1 << 20, 'x')
  let sentBytes = 0
  // Two kernels' buffers take some megabytes before anything is held back for good.
  while (client.bufferedBytes === 0 && sentBytes < 64 << 20) {
    client.write([piece])
    sentBytes += piece.length
    await sleep(runtime, 20)
  }
  return sentBytes
}

for (const { name, run } of subjects) {
  describe(`network of ${name}`, () => {
    it('resolves literals and localhost, and not what has no address', () =>
      run(async ({ network }) => {
        assert.deepEqual(await network.resolve('127.0.0.1'), ['127.0.0.1'])
        assert.ok((await network.resolve('localhost')).includes('127.0.0.1') || (await network.resolve('localhost')).includes('::1'))
        assert.match(await codeOf(network.resolve('no-such-host.invalid')), /ENOTFOUND|EAI_AGAIN/)
      }))

    it('is refused where nobody listens, and listens once at a port', () =>
      run(async ({ network }) => {
        const listener = await network.listen({ host: '127.0.0.1', port: 0 }, () => new Recorder())
        const { port } = listener
        assert.equal(await codeOf(network.listen({ host: '127.0.0.1', port }, () => new Recorder())), 'EADDRINUSE')
        await listener.close()
        assert.equal(await codeOf(network.connect({ host: '127.0.0.1', port, timeoutMs: 1000 }, new Recorder())), 'ECONNREFUSED')
      }))

    it('tells when it has taken what was written, whose memory it reads until then', () =>
      run((runtime) =>
        withConnection(runtime, async (connection) => {
          const { client, server, serverSees } = connection
          const filledBytes = await fill(connection)
          const memory = Buffer.alloc(1000, 'a')
          const taken: string[] = []
          client.write([memory, Buffer.from('!')], () => {
            taken.push('first')
            memory.fill('b')
          })
          client.write([Buffer.from('?')], () => taken.push('second'))
          await sleep(runtime, 20)
          assert.deepEqual(taken, [])
          server.resume()
          await until(runtime, 'arrived', () => serverSees.text.length === filledBytes + 1002)
          await until(runtime, 'told', () => taken.length === 2)
          assert.deepEqual(taken, ['first', 'second'])
          assert.equal(serverSees.text.slice(filledBytes), `${'a'.repeat(1000)}!?`)
        }),
      ))

    it('tells nothing of what it has not taken when it is closed', () =>
      run((runtime) =>
        withConnection(runtime, async (connection) => {
          const { client, clientSees } = connection
          let isTaken = false
          const onTaken = (): void => {
            isTaken = true
          }
          await fill(connection)
          client.write([Buffer.from('early')], onTaken)
          client.destroy()
          client.write([Buffer.from('late')], onTaken)
          await until(runtime, 'closed', () => clientSees.events.includes('close'))
          await sleep(runtime, 20)
          assert.equal(isTaken, false)
        }),
      ))

    it('carries bytes both ways, knows its addresses', () =>
      run((runtime) =>
        withConnection(runtime, async ({ client, server, clientSees, serverSees }) => {
          client.write([Buffer.from('ab'), Buffer.from('cd')])
          server.write([Buffer.from('answer')])
          await until(runtime, 'arrived', () => serverSees.text === 'abcd' && clientSees.text === 'answer')
          assert.equal(client.remotePort, server.localPort)
          assert.equal(client.localPort, server.remotePort)
          assert.equal(client.remoteAddress, '127.0.0.1')
        }),
      ))

    it('sends what is queued, then ends; the peer can still answer until it ends too', () =>
      run((runtime) =>
        withConnection(runtime, async ({ client, server, clientSees, serverSees }) => {
          client.write([Buffer.from('last words')])
          client.end()
          assert.equal(client.write([Buffer.from('x')]), false)
          await until(runtime, 'end', () => serverSees.events.includes('end'))
          assert.equal(serverSees.text, 'last words')
          server.end()
          await until(runtime, 'close', () => clientSees.events.length > 0 && serverSees.events.includes('close'))
          assert.deepEqual([clientSees.events, serverSees.events], [['close'], ['end', 'close']])
        }),
      ))

    it('does not wait for ever for a peer that never ends', () =>
      run((runtime) =>
        withConnection(runtime, async ({ client, clientSees }) => {
          client.end()
          await until(runtime, 'close', () => clientSees.events.includes('close'))
        }),
      ))

    it('tells who destroys of the error given, once, and the peer of the end', () =>
      run((runtime) =>
        withConnection(runtime, async ({ client, clientSees, serverSees }) => {
          client.destroy(new Error('enough'))
          client.destroy(new Error('again'))
          await until(runtime, 'end', () => serverSees.events.length > 0 && clientSees.events.length > 0)
          await sleep(runtime, 20)
          assert.deepEqual(clientSees.events, ['close with an error'])
          assert.equal(client.write([Buffer.from('x')]), false)
        }),
      ))

    it('holds back data from a paused reader and tells the writer when there is room again', () =>
      run((runtime) =>
        withConnection(runtime, async (connection) => {
          const { client, server, clientSees, serverSees } = connection
          const sentBytes = await fill(connection)
          assert.ok(serverSees.text.length < sentBytes)
          const drains = clientSees.events.length
          server.resume()
          await until(runtime, 'drain', () => clientSees.events.length > drains && serverSees.text.length === sentBytes)
          assert.equal(client.bufferedBytes, 0)
        }),
      ))
  })
}
