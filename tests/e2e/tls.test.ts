/** The keys of encryption, at a door that speaks TLS before a broker of ours: who gets in with what. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { startBroker } from '@odradek/broker'
import { type CommonConfig, Kafka, TimeoutError } from '@odradek/client'
import { caCert, clientCert, clientKey, clientKeyPassword, encryptedClientKey, serverCert, serverKey } from './support/certificates.ts'

interface Door {
  readonly port: number
  /** Common names of those who came in with a certificate, in order. */
  readonly guests: string[]
}

/** The broker says of itself that it is at localhost, behind the door. */
async function atDoor(options: TlsOptions, run: (door: Door) => Promise<void>): Promise<void> {
  const guests: string[] = []
  const open = new Set<TLSSocket>()
  let brokerPort = 0
  const server = createServer({ cert: serverCert, key: serverKey, ca: caCert, ...options }, (outside) => {
    const { CN } = outside.getPeerCertificate().subject ?? {}
    if (typeof CN === 'string') guests.push(CN)
    const inside = connect(brokerPort, '127.0.0.1')
    open.add(outside)
    outside.on('error', () => inside.destroy()).on('close', () => inside.destroy())
    inside.on('error', () => outside.destroy()).on('close', () => outside.destroy())
    outside.pipe(inside).pipe(outside)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const { port } = address
  try {
    await using broker = await startBroker({ config: { 'advertised.listeners': `PLAINTEXT://localhost:${port}` }, topics: { orders: {} } })
    brokerPort = broker.port
    await run({ port, guests })
  } finally {
    for (const socket of open) socket.destroy()
    server.close()
  }
}

/** What the broker says, or why it cannot be asked. On a busy machine time may be over before anything has happened: then it is asked again. */
async function topicsSeen({ port }: Door, config: Partial<CommonConfig>): Promise<readonly string[] | string> {
  const shared = { bootstrapServers: `localhost:${port}`, retryBackoffMs: 5, reconnectBackoffMs: 5, ...config }
  await using kafka = new Kafka({ ...shared, logger: { warn: () => undefined } })
  const admin = kafka.admin({ defaultApiTimeoutMs: 200 })
  for (let tries = 0; tries < 50; tries++) {
    try {
      return (await admin.listTopics()).map(({ topic }) => topic)
    } catch (error) {
      if (!(error instanceof TimeoutError) || error.cause !== undefined) return reasonOf(error)
    }
  }
  return 'the door does not answer'
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message} ${reasonOf(error.cause)}` : ''
}

const securityProtocol = 'SSL'
const trusting = { securityProtocol, sslTruststoreCertificates: caCert } as const

// What is refused is refused until a call's time is over: they wait together.
describe('encryption', { concurrency: true }, () => {
  it('security.protocol, ssl.truststore.certificates and ssl.endpoint.identification.algorithm say which brokers are spoken to', () =>
    atDoor({}, async (door) => {
      const [trusted, plain, unknown, misnamed, anyName, strangers] = await Promise.all([
        topicsSeen(door, trusting),
        topicsSeen(door, { securityProtocol: 'PLAINTEXT' }),
        topicsSeen(door, { securityProtocol }),
        topicsSeen(door, { ...trusting, bootstrapServers: `127.0.0.1:${door.port}` }),
        topicsSeen(door, { ...trusting, bootstrapServers: `127.0.0.1:${door.port}`, sslEndpointIdentificationAlgorithm: '' }),
        topicsSeen(door, { securityProtocol, sslEndpointIdentificationAlgorithm: '' }),
      ])
      assert.deepEqual(trusted, ['orders'])
      assert.match(String(plain), /closed the connection|broke/)
      assert.match(String(unknown), /self.signed certificate/)
      assert.match(String(misnamed), /127\.0\.0\.1 is not in the cert/)
      assert.deepEqual(anyName, ['orders'])
      assert.match(String(strangers), /self.signed certificate/)
    }))

  it('ssl.keystore.certificate.chain, ssl.keystore.key and ssl.key.password are who the client is', () =>
    atDoor({ requestCert: true, rejectUnauthorized: true }, async (door) => {
      const named = { ...trusting, sslKeystoreCertificateChain: clientCert }
      assert.equal(typeof (await topicsSeen(door, trusting)), 'string')
      assert.deepEqual(door.guests, [])
      assert.deepEqual(await topicsSeen(door, { ...named, sslKeystoreKey: clientKey }), ['orders'])
      assert.ok(door.guests.length > 0 && door.guests.every((name) => name === 'alice'))
      assert.deepEqual(await topicsSeen(door, { ...named, sslKeystoreKey: encryptedClientKey, sslKeyPassword: clientKeyPassword }), [
        'orders',
      ])
      const misspelt = { ...named, sslKeystoreKey: encryptedClientKey, sslKeyPassword: 'open-seasme' }
      assert.match(String(await topicsSeen(door, misspelt)), /^ConfigError The certificates, key or password cannot be used/)
    }))
})
