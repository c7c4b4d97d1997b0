import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimulation } from '../../src/sim/index.ts'
import { connect } from './sockets.ts'

describe('network faults', () => {
  it('cut resets both ends and loses what was on its way', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, clientSees, serverSees } = await connect(simulation)
      client.write([Buffer.from('lost')])
      assert.equal(simulation.network.cut('client', 'server'), 1)
      await simulation.sleep(10)
      assert.deepEqual([clientSees.events, serverSees.events, serverSees.text], [['close ECONNRESET'], ['close ECONNRESET'], ''])
      assert.equal(simulation.network.cut('client', 'server'), 0)
      assert.equal(simulation.faults.count('connection-cut'), 1)
    })
  })

  it('cutDuringNext lets a part through', async () => {
    const lengths = new Set<number>()
    for (let seed = 0; seed < 10; seed++) {
      const simulation = createSimulation({ seed })
      await simulation.run(async () => {
        const { client, clientSees, serverSees } = await connect(simulation)
        simulation.network.cutDuringNext('client', 'server')
        client.write([Buffer.from('0123456789')])
        await simulation.sleep(10)
        assert.ok('0123456789'.startsWith(serverSees.text))
        lengths.add(serverSees.text.length)
        assert.deepEqual([clientSees.events, serverSees.events], [['close ECONNRESET'], ['close ECONNRESET']])
      })
      simulation.faults.assertFired('connection-cut')
    }
    assert.ok(lengths.size > 3)
  })

  it('loseNextResponse delivers the request and not the response', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, server, clientSees, serverSees } = await connect(simulation)
      simulation.network.loseNextResponse('client', 'server')
      client.write([Buffer.from('request')])
      await simulation.sleep(10)
      assert.equal(serverSees.text, 'request')
      server.write([Buffer.from('response')])
      await simulation.sleep(10)
      assert.deepEqual([clientSees.text, clientSees.events], ['', ['close ECONNRESET']])
    })
    simulation.faults.assertFired('response-lost')
  })

  it('halfOpen leaves the other end in the dark until its kernel gives up', async () => {
    const simulation = createSimulation({ seed: 1, network: { retransmissionTimeoutMs: 60_000 } })
    await simulation.run(async () => {
      const { client, clientSees, serverSees } = await connect(simulation)
      assert.equal(simulation.network.halfOpen('server', 'client'), 1)
      client.write([Buffer.from('anyone?')])
      await simulation.sleep(59_000)
      assert.deepEqual([clientSees.events, serverSees.events], [[], ['close ECONNRESET']])
      await simulation.sleep(2000)
      assert.deepEqual(clientSees.events, ['close ETIMEDOUT'])
    })
  })

  it('a blocked link holds data until it is unblocked, in one direction only', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, server, clientSees, serverSees } = await connect(simulation)
      simulation.network.block('client', 'server')
      client.write([Buffer.from('a')])
      client.write([Buffer.from('b')])
      server.write([Buffer.from('c')])
      await simulation.sleep(5000)
      assert.deepEqual([serverSees.text, clientSees.text], ['', 'c'])
      simulation.network.unblock('client', 'server')
      await simulation.sleep(10)
      assert.equal(serverSees.text, 'ab')
    })
    simulation.faults.assertFired('segment-blocked')
  })

  it('slow adds to the latency', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, serverSees } = await connect(simulation)
      simulation.network.slow('client', 'server', 300)
      const startMs = simulation.elapsedMs
      client.write([Buffer.from('a')])
      await simulation.sleep(1000)
      const tookMs = (serverSees.dataAtMs[0] ?? 0) - startMs
      assert.ok(tookMs > 300 && tookMs < 302, `${tookMs}`)
    })
    simulation.faults.assertFired('segment-slowed')
  })

  for (const [setting, kind] of [
    ['cut', 'connection-cut'],
    ['halfOpen', 'connection-half-open'],
    ['responseLost', 'response-lost'],
    ['stalled', 'segment-stalled'],
    ['slowed', 'segment-slowed'],
  ] as const) {
    it(`${setting} strikes by probability`, async () => {
      const simulation = createSimulation({ seed: 5 })
      await simulation.run(async () => {
        const { client, server, clientSees } = await connect(simulation)
        simulation.network.setFaults({ [setting]: 0.2 })
        for (let round = 0; round < 100 && clientSees.events.length === 0; round++) {
          client.write([Buffer.from('ping')])
          server.write([Buffer.from('pong')])
          await simulation.sleep(5)
        }
      })
      simulation.faults.assertFired(kind)
      assert.deepEqual(Object.keys(simulation.faults.all()), [kind])
    })
  }

  it('are drawn from streams of their own: one more fault does not move the others', async () => {
    const stalls = async (slowed: number): Promise<number[]> => {
      const simulation = createSimulation({ seed: 5 })
      await simulation.run(async () => {
        const { client } = await connect(simulation)
        simulation.network.setFaults({ stalled: 0.3, stalledForMs: { min: 1, max: 1 }, slowed, slowedByMs: { min: 0, max: 0 } })
        for (let round = 0; round < 30; round++) {
          client.write([Buffer.alloc(round + 1)])
          await simulation.sleep(20)
        }
      })
      return simulation.trace
        .entries()
        .filter((entry) => entry.what === 'segment-stalled')
        .map((entry) => entry.detail)
    }
    const alone = await stalls(0)
    assert.ok(alone.length > 3)
    assert.deepEqual(await stalls(0.5), alone)
  })
})
