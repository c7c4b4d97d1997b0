import assert from 'node:assert/strict'
import { connect as rawConnect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { ListenOptions, Socket, SocketHandler, TlsOptions } from '../../src/index.ts'
import { createNodeRuntime } from '../../src/index.ts'
import { caCert, clientCert, clientKey, serverCert, serverKey } from './certificates.ts'

const { network } = createNodeRuntime()
const host = '127.0.0.1'

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** What a socket's handler was told, and promises for its end. */
class Recorder implements SocketHandler {
  readonly events: string[] = []
  readonly received: Buffer[] = []
  readonly closed: Promise<Error | undefined>
  #onClosed: (error: Error | undefined) => void = () => {}
  #wanted = 0
  #onReceived: () => void = () => {}

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve
    })
  }

  onData(chunk: Buffer): void {
    this.events.push('data')
    this.received.push(chunk)
    if (this.#size() >= this.#wanted) this.#onReceived()
  }

  onDrain(): void {
    this.events.push('drain')
  }

  onClose(error?: Error): void {
    this.events.push('close')
    this.#onClosed(error)
  }

  async bytes(count: number): Promise<Buffer> {
    if (this.#size() < count) {
      this.#wanted = count
      await new Promise<void>((resolve) => {
        this.#onReceived = resolve
      })
    }
    return Buffer.concat(this.received)
  }

  #size(): number {
    return this.received.reduce((sum, { length }) => sum + length, 0)
  }
}

interface Pair {
  client: Socket
  clientEnd: Recorder
  server: Socket
  serverEnd: Recorder
  close: () => Promise<void>
}

async function pair(serverTls?: TlsOptions, clientTls?: TlsOptions, serverEnd: Recorder = new Recorder()): Promise<Pair> {
  let accepted: (socket: Socket) => void = () => {}
  const server = new Promise<Socket>((resolve) => {
    accepted = resolve
  })
  const options: ListenOptions = { host, port: 0, tls: serverTls }
  const listener = await network.listen(options, (socket) => {
    accepted(socket)
    return serverEnd
  })
  const clientEnd = new Recorder()
  const client = await network.connect({ host, port: listener.port, timeoutMs: 5_000, tls: clientTls }, clientEnd)
  return {
    client,
    clientEnd,
    server: await server,
    serverEnd,
    async close() {
      client.destroy()
      await listener.close()
      await Promise.all([clientEnd.closed, serverEnd.closed])
    },
  }
}

test('chunks arrive in order and both ends close in an orderly way', async () => {
  const { client, clientEnd, server, serverEnd, close } = await pair()
  assert.equal(client.remoteAddress, host)
  assert.equal(client.localPort, server.remotePort)
  client.write([Buffer.from('a'), Buffer.from('bc')])
  client.write([Buffer.from('d')])
  assert.equal((await serverEnd.bytes(4)).toString(), 'abcd')
  server.write([Buffer.from('efg')])
  server.end()
  assert.equal((await clientEnd.bytes(3)).toString(), 'efg')
  assert.equal(await clientEnd.closed, undefined)
  assert.equal(await serverEnd.closed, undefined)
  assert.equal(clientEnd.events.filter((event) => event === 'close').length, 1)
  assert.equal(client.write([Buffer.from('late')]), false)
  await close()
})

for (const mode of ['plain', 'TLS'] as const) {
  test(`no event before the caller holds the socket: ${mode}`, async () => {
    const tls: TlsOptions | undefined = mode === 'TLS' ? { cert: serverCert, key: serverKey } : undefined
    const listener = await network.listen({ host, port: 0, tls }, (socket) => {
      socket.write([Buffer.from('greeting')])
      socket.end()
      return new Recorder()
    })
    const end = new Recorder()
    const connectThroughLayers = async (): Promise<Socket> => {
      const options = { host, port: listener.port, timeoutMs: 5_000, tls: tls === undefined ? undefined : { ca: caCert } }
      const socket = await network.connect(options, end)
      await Promise.resolve()
      return await Promise.resolve(socket)
    }
    const socket = await connectThroughLayers()
    assert.deepEqual(end.events, [])
    assert.equal((await end.bytes(8)).toString(), 'greeting')
    assert.equal(await end.closed, undefined)
    socket.destroy()
    await listener.close()
  })
}

test('a drain before the first event is not lost', async () => {
  const { client, clientEnd, serverEnd, close } = await pair()
  assert.equal(client.write([Buffer.alloc(300_000)]), false)
  await serverEnd.bytes(300_000)
  while (clientEnd.events.length === 0) await turn()
  assert.deepEqual(clientEnd.events, ['drain'])
  await close()
})

test('a peer that half-closes is still answered', async () => {
  const events: string[] = []
  const listener = await network.listen({ host, port: 0 }, (socket) => ({
    onData: () => events.push('data'),
    onEnd() {
      events.push('end')
      socket.write([Buffer.from('answer')])
      socket.end()
    },
    onClose: () => events.push('close'),
  }))
  const answer = await new Promise<string>((resolve) => {
    const raw = rawConnect({ host, port: listener.port, allowHalfOpen: true }, () => raw.end('question'))
    let text = ''
    raw.on('data', (chunk) => (text += chunk.toString()))
    raw.on('close', () => resolve(text))
  })
  assert.equal(answer, 'answer')
  assert.deepEqual(events.slice(0, 2), ['data', 'end'])
  await listener.close()
})

test('a slow reader stops the writer, and the writer is told when to go on', async () => {
  const { client, clientEnd, server, serverEnd, close } = await pair()
  server.pause()
  const chunk = Buffer.alloc(1_048_576, 1)
  let sent = 0
  do {
    assert.equal(client.write([chunk]), false)
    sent++
    await turn()
  } while (client.bufferedBytes === 0)
  const drainsBefore = clientEnd.events.length
  assert.deepEqual(serverEnd.events, [])
  server.resume()
  assert.equal((await serverEnd.bytes(sent * chunk.length)).length, sent * chunk.length)
  while (client.bufferedBytes > 0) await turn()
  assert.equal(clientEnd.events.slice(drainsBefore).join(), 'drain')
  await close()
})

test('errors carry the codes of Node', async () => {
  const listener = await network.listen({ host, port: 0 }, () => new Recorder())
  await assert.rejects(
    network.listen({ host, port: listener.port }, () => new Recorder()),
    { code: 'EADDRINUSE' },
  )
  await listener.close()
  await assert.rejects(network.connect({ host, port: listener.port, timeoutMs: 5_000 }, new Recorder()), { code: 'ECONNREFUSED' })
  const again = await network.listen({ host, port: listener.port }, () => new Recorder())
  await again.close()
})

test('destroying tells the reason on this side and a reset or end on the other', async () => {
  const { client, clientEnd, serverEnd, close } = await pair()
  const reason = new Error('malformed')
  client.destroy(reason)
  assert.equal(await clientEnd.closed, reason)
  await serverEnd.closed
  await close()
})

test('the time to connect covers the TLS handshake', async () => {
  const mute = createServer((socket) => socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => {
    mute.listen(0, host, resolve)
  })
  const { port } = mute.address() as AddressInfo
  const attempt = network.connect({ host, port, timeoutMs: 100, tls: { ca: caCert } }, new Recorder())
  await assert.rejects(attempt, { code: 'ETIMEDOUT' })
  mute.close()
})

test('a peer that hangs up during the handshake is a connection error', async () => {
  const rude = createServer((socket) => socket.on('error', () => {}).end())
  await new Promise<void>((resolve) => {
    rude.listen(0, host, resolve)
  })
  const { port } = rude.address() as AddressInfo
  await assert.rejects(network.connect({ host, port, timeoutMs: 5_000, tls: { ca: caCert } }, new Recorder()), { code: 'ECONNRESET' })
  rude.close()
})

test('TLS: large writes both ways, and the client by its certificate', async () => {
  const serverTls = { cert: serverCert, key: serverKey, ca: caCert, requestClientCertificate: true }
  const { client, clientEnd, server, serverEnd, close } = await pair(serverTls, { ca: caCert, cert: clientCert, key: clientKey })
  // As Java prints this certificate's subject.
  assert.equal(server.peerPrincipal, 'CN=alice,OU=Billing,O=Example\\, Inc.,C=AT')
  const chunk = Buffer.alloc(3_000_000, 5)
  client.write([chunk])
  server.write([chunk])
  assert.equal((await serverEnd.bytes(chunk.length)).length, chunk.length)
  assert.equal((await clientEnd.bytes(chunk.length)).length, chunk.length)
  client.end()
  assert.equal(await clientEnd.closed, undefined)
  assert.equal(await serverEnd.closed, undefined)
  await close()
})

test('TLS: a certificate of an unknown authority or for another name is refused, unless verification is off', async () => {
  const listener = await network.listen({ host, port: 0, tls: { cert: serverCert, key: serverKey } }, () => new Recorder())
  const attempt = (tls: TlsOptions): Promise<Socket> =>
    network.connect({ host, port: listener.port, timeoutMs: 5_000, tls }, new Recorder())
  await assert.rejects(attempt({}), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  await assert.rejects(attempt({ ca: caCert, serverName: 'kafka.example.com' }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  const byName = await attempt({ ca: caCert, serverName: 'localhost' })
  byName.destroy()
  const anyName = await attempt({ ca: caCert, serverName: 'kafka.example.com', verifyName: false })
  anyName.destroy()
  await assert.rejects(attempt({ verifyName: false }), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  const unverified = await attempt({ rejectUnauthorized: false })
  unverified.destroy()
  await listener.close()
})

test('TLS: a key, certificate or password that is none is refused before anybody is connected to', async () => {
  const attempt = (tls: TlsOptions): Promise<Socket> => network.connect({ host, port: 1, timeoutMs: 5_000, tls }, new Recorder())
  const unusable: TlsOptions[] = [
    { cert: 'none', key: clientKey },
    { cert: clientCert, key: 'none' },
  ]
  for (const tls of [...unusable, { cert: clientCert, key: serverKey }])
    await assert.rejects(attempt(tls), { code: 'ERR_TLS_OPTIONS', message: /^The certificates, key or password cannot be used: / })
})

test('names resolve to all their addresses, addresses to themselves', async () => {
  assert.deepEqual(await network.resolve('::1'), ['::1'])
  assert.deepEqual(await network.resolve('10.1.2.3'), ['10.1.2.3'])
  const addresses = await network.resolve('localhost')
  assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'))
})
