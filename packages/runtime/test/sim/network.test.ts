import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimulation } from '../../src/sim/index.ts'
import { address, codeOf, connect, PORT, Recorder, serveEcho } from './sockets.ts'

describe('connecting', () => {
  it('resolves names: hosts, localhost, literals and what a test sets', async () => {
    const simulation = createSimulation({ seed: 1 })
    simulation.runtime('server')
    simulation.network.setName('bootstrap', ['10.0.0.1', '10.0.0.9'])
    await simulation.run(async () => {
      const { network } = simulation.runtime('client')
      assert.deepEqual(await network.resolve('server'), [simulation.address('server')])
      assert.deepEqual(await network.resolve('localhost'), ['127.0.0.1'])
      assert.deepEqual(await network.resolve('192.168.1.1'), ['192.168.1.1'])
      assert.deepEqual(await network.resolve('bootstrap'), ['10.0.0.1', '10.0.0.9'])
      assert.equal(await codeOf(network.resolve('nowhere')), 'ENOTFOUND')
      assert.equal(await codeOf(network.connect({ host: 'nowhere', port: 1, timeoutMs: 100 }, new Recorder(simulation))), 'ENOTFOUND')
      simulation.network.setName('bootstrap', [])
      assert.equal(await codeOf(network.resolve('bootstrap')), 'ENOTFOUND')
    })
  })

  it('is refused where nobody listens, and by a loopback listener from elsewhere', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const server = simulation.runtime('server')
      const { network } = simulation.runtime('client')
      assert.equal(await codeOf(network.connect(address(), new Recorder(simulation))), 'ECONNREFUSED')
      await server.network.listen({ host: '127.0.0.1', port: PORT }, () => new Recorder(simulation))
      assert.equal(await codeOf(network.connect(address(), new Recorder(simulation))), 'ECONNREFUSED')
      const local = await server.network.connect({ host: 'localhost', port: PORT, timeoutMs: 100 }, new Recorder(simulation))
      assert.equal(local.remoteAddress, '127.0.0.1')
    })
  })

  it('times out on a partition, an address without a host and a machine without power', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      await serveEcho(simulation.runtime('server'))
      const { network } = simulation.runtime('client')
      simulation.network.partition('client', 'server')
      const startMs = simulation.elapsedMs
      assert.equal(await codeOf(network.connect(address(5000), new Recorder(simulation))), 'ETIMEDOUT')
      assert.equal(simulation.elapsedMs - startMs, 5000)
      simulation.network.heal('client', 'server')
      assert.equal(await codeOf(network.connect({ host: '10.9.9.9', port: 1, timeoutMs: 100 }, new Recorder(simulation))), 'ETIMEDOUT')
      simulation.powerLoss('server')
      assert.equal(await codeOf(network.connect(address(), new Recorder(simulation))), 'ETIMEDOUT')
    })
    simulation.faults.assertFired('segment-blocked', 'power-lost')
  })

  it('succeeds late when the partition heals before the timeout', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      await serveEcho(simulation.runtime('server'))
      simulation.network.partition('client', 'server')
      const attempt = simulation.runtime('client').network.connect(address(30_000), new Recorder(simulation))
      await simulation.sleep(4000)
      simulation.network.heal('client', 'server')
      await attempt
      assert.ok(simulation.elapsedMs > 7000 && simulation.elapsedMs < 7100, `${simulation.elapsedMs}`)
    })
  })

  it('is refused on command and by probability', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      await serveEcho(simulation.runtime('server'))
      const { network } = simulation.runtime('client')
      simulation.network.refuseConnections('server')
      assert.equal(await codeOf(network.connect(address(), new Recorder(simulation))), 'ECONNREFUSED')
      simulation.network.acceptConnections('server')
      assert.equal(await codeOf(network.connect(address(), new Recorder(simulation))), 'resolved')
      simulation.network.setFaults({ connectRefused: 1 })
      assert.equal(await codeOf(network.connect(address(), new Recorder(simulation))), 'ECONNREFUSED')
      simulation.network.setFaults({ connectRefused: 0, connectTimedOut: 1 })
      assert.equal(await codeOf(network.connect(address(), new Recorder(simulation))), 'ETIMEDOUT')
      simulation.network.setFaults({ nameLookupFailed: 1 })
      assert.equal(await codeOf(network.connect(address(), new Recorder(simulation))), 'ENOTFOUND')
    })
    assert.deepEqual(simulation.faults.all(), { 'connect-refused': 2, 'connect-timed-out': 1, 'name-lookup-failed': 1 })
  })

  it('needs TLS at both ends or at none', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const server = simulation.runtime('server')
      const { network } = simulation.runtime('client')
      await server.network.listen({ host: 'server', port: 1 }, () => new Recorder(simulation))
      await server.network.listen({ host: 'server', port: 2, tls: {} }, () => new Recorder(simulation))
      const attempt = (port: number, tls: boolean): Promise<string> =>
        codeOf(network.connect({ host: 'server', port, timeoutMs: 100, ...(tls ? { tls: {} } : {}) }, new Recorder(simulation)))
      assert.equal(await attempt(1, true), 'EPROTO')
      assert.equal(await attempt(2, false), 'ECONNRESET')
      assert.equal(await attempt(2, true), 'resolved')
    })
  })
})

describe('listening', () => {
  it('takes a free port, and one port once', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { network } = simulation.runtime('server')
      const any = await network.listen({ host: '0.0.0.0', port: 0 }, () => new Recorder(simulation))
      assert.ok(any.port > 1024)
      assert.equal(await codeOf(network.listen({ host: 'localhost', port: any.port }, () => new Recorder(simulation))), 'EADDRINUSE')
      await any.close()
      assert.equal(await codeOf(network.listen({ host: 'localhost', port: any.port }, () => new Recorder(simulation))), 'resolved')
      assert.equal(await codeOf(network.listen({ host: '10.7.7.7', port: 1 }, () => new Recorder(simulation))), 'EADDRNOTAVAIL')
    })
  })

  it('leaves open sockets open when it stops', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, serverSees } = await connect(simulation)
      client.write([Buffer.from('still here')])
      await simulation.sleep(10)
      assert.equal(serverSees.text, 'still here')
    })
  })
})

describe('a connection', () => {
  it('delivers bytes in order after the latency, at times in pieces', async () => {
    const simulation = createSimulation({ seed: 3, network: { latencyMs: { min: 5, max: 10 }, fragmentProbability: 0.5 } })
    await simulation.run(async () => {
      const { client, serverSees } = await connect(simulation)
      const startMs = simulation.elapsedMs
      let sent = ''
      for (let index = 0; index < 50; index++) {
        sent += `${index},`
        client.write([Buffer.from(`${index}`), Buffer.from(',')])
      }
      await simulation.sleep(50)
      assert.equal(serverSees.text, sent)
      assert.ok((serverSees.dataAtMs[0] ?? 0) - startMs >= 5)
      assert.ok(serverSees.dataAtMs.length > 50, 'some pieces were split')
    })
  })

  it('closes in order when both have ended, and can be written to in between', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, server, clientSees, serverSees } = await connect(simulation)
      client.write([Buffer.from('question')])
      client.end()
      assert.equal(client.write([Buffer.from('too late')]), false)
      await simulation.sleep(10)
      assert.deepEqual([serverSees.text, serverSees.events], ['question', ['end']])
      server.end()
      await simulation.sleep(10)
      assert.deepEqual([clientSees.events, serverSees.events], [['close'], ['end', 'close']])
    })
  })

  it('resets the peer that writes to a destroyed socket', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, server, clientSees, serverSees } = await connect(simulation)
      client.destroy(new Error('enough'))
      await simulation.sleep(10)
      assert.deepEqual([clientSees.events, serverSees.events], [['close enough'], ['end']])
      server.write([Buffer.from('hello?')])
      await simulation.sleep(10)
      assert.deepEqual(serverSees.events, ['end', 'close ECONNRESET'])
    })
  })

  it('holds back the writer of what a paused reader does not take', async () => {
    const simulation = createSimulation({ seed: 1, network: { windowBytes: 1000 } })
    await simulation.run(async () => {
      const { client, server, clientSees, serverSees } = await connect(simulation)
      server.pause()
      assert.equal(client.write([Buffer.alloc(600, 'a')]), true)
      assert.equal(client.write([Buffer.alloc(600, 'b')]), false)
      assert.equal(client.bufferedBytes, 200)
      await simulation.sleep(1000)
      assert.deepEqual([serverSees.text, clientSees.events], ['', []])
      server.resume()
      await simulation.sleep(10)
      assert.equal(serverSees.text, 'a'.repeat(600) + 'b'.repeat(600))
      assert.deepEqual(clientSees.events, ['drain'])
      assert.equal(client.bufferedBytes, 0)
    })
  })

  it('shows the damage when memory is reused before the kernel took it', async () => {
    const simulation = createSimulation({ seed: 1, network: { windowBytes: 100 } })
    await simulation.run(async () => {
      const { client, serverSees } = await connect(simulation)
      const memory = Buffer.alloc(200, 'a')
      client.write([memory])
      memory.fill('x')
      await simulation.sleep(10)
      assert.equal(serverSees.text, 'a'.repeat(100) + 'x'.repeat(100))
    })
  })
})
