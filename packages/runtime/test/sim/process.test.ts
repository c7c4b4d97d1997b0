import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimulation } from '../../src/sim/index.ts'
import { address, codeOf, connect, Recorder, serveEcho } from './sockets.ts'

describe('a killed process', () => {
  it('does nothing more: timers, deferred work, file operations and connects come to nothing', async () => {
    const simulation = createSimulation({ seed: 1 })
    const signs: string[] = []
    await simulation.run(async () => {
      const { clock, files, network, workers } = simulation.runtime('a')
      const note = (sign: string) => (): void => void signs.push(sign)
      clock.setTimer(10, note('timer'))
      clock.defer(note('deferred'))
      files.stat('/tmp').then(note('stat'), note('stat failed'))
      network.connect({ host: '10.9.9.9', port: 1, timeoutMs: 5 }, new Recorder(simulation)).then(note('connected'), note('refused'))
      network.listen({ host: '0.0.0.0', port: 1 }, () => new Recorder(simulation)).then(note('listening'), note('not listening'))
      workers.compress('gzip', Buffer.from('x')).then(note('compressed'), note('not compressed'))
      simulation.kill('a')
      clock.setTimer(10, note('late timer'))
      files.makeDirectory('/late').then(note('late directory'), note('late directory failed'))
      network.resolve('a').then(note('late lookup'), note('late lookup failed'))
      await simulation.sleep(60_000)
      assert.equal(await simulation.runtime('a').files.stat('/late'), undefined)
    })
    assert.deepEqual(signs, [])
    simulation.faults.assertFired('process-killed')
  })

  it('is followed by a new one on the same host, with another stream of randomness', async () => {
    const simulation = createSimulation({ seed: 1 })
    const first = simulation.runtime('a')
    assert.equal(simulation.runtime('a'), first)
    simulation.kill('a')
    simulation.kill('a')
    const second = simulation.runtime('a')
    assert.notEqual(second, first)
    assert.notEqual(second.random.uuid(), first.random.uuid())
    assert.equal(simulation.faults.count('process-killed'), 1)
  })

  it('is missed by its peers: sockets end or reset, and new connections are refused', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, clientSees, serverSees } = await connect(simulation)
      await serveEcho(simulation.runtime('server'))
      simulation.kill('server')
      const startMs = simulation.elapsedMs
      await simulation.sleep(5)
      assert.deepEqual(clientSees.events, ['end'])
      client.write([Buffer.from('anyone?')])
      await simulation.sleep(5)
      assert.deepEqual(clientSees.events, ['end', 'close ECONNRESET'])
      assert.deepEqual([serverSees.text, serverSees.events], ['', []])
      const attempt = simulation.runtime('client').network.connect(address(), new Recorder(simulation))
      assert.equal(await codeOf(attempt), 'ECONNREFUSED')
      assert.ok(simulation.elapsedMs - startMs < 20)
      await serveEcho(simulation.runtime('server'))
    })
  })

  it('resets its peers when it had not read all they sent', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, server, clientSees } = await connect(simulation)
      server.pause()
      client.write([Buffer.from('unread')])
      await simulation.sleep(5)
      simulation.kill('server')
      await simulation.sleep(5)
      assert.deepEqual(clientSees.events, ['close ECONNRESET'])
    })
  })

  it('can be killed while a client connects to it', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const simulation = createSimulation({ seed, network: { latencyMs: { min: 1, max: 3 } } })
      await simulation.run(async () => {
        await serveEcho(simulation.runtime('server'))
        const sees = new Recorder(simulation)
        const attempt = codeOf(simulation.runtime('client').network.connect(address(), sees))
        await simulation.sleep(seed / 3)
        simulation.kill('server')
        const code = await attempt
        await simulation.sleep(10)
        assert.ok(
          code === 'ECONNREFUSED' || code === 'ECONNRESET' || (code === 'resolved' && sees.events.length > 0),
          `${code} ${sees.events.join()}`,
        )
      })
    }
  })
})

describe('a machine that loses power', () => {
  it('says nothing to its peers, who are reset when it is back', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, clientSees } = await connect(simulation)
      simulation.powerLoss('server')
      await simulation.sleep(5000)
      assert.deepEqual(clientSees.events, [])
      simulation.runtime('server')
      client.write([Buffer.from('hello again')])
      await simulation.sleep(5)
      assert.deepEqual(clientSees.events, ['close ECONNRESET'])
    })
    simulation.faults.assertFired('power-lost')
  })

  it('resets its peers by itself when it is back soon, because their kernels go on sending', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { client, clientSees } = await connect(simulation)
      simulation.powerLoss('server')
      client.write([Buffer.from('anyone?')])
      await simulation.sleep(2000)
      simulation.runtime('server')
      assert.deepEqual(clientSees.events, [])
      await simulation.sleep(2000)
      assert.deepEqual(clientSees.events, ['close ECONNRESET'])
    })
  })
})

describe('the clocks', () => {
  it('agree until a wall clock is stepped, which leaves monotonic time and timers alone', async () => {
    const simulation = createSimulation({ seed: 1, epochMs: 1_000_000 })
    await simulation.run(async () => {
      const a = simulation.runtime('a').clock
      const b = simulation.runtime('b').clock
      await simulation.sleep(1500)
      assert.deepEqual([a.nowMs(), b.nowMs()], [1_001_500, 1_001_500])
      let fired = false
      a.setTimer(100, () => (fired = true))
      simulation.stepWallClock('a', -5000)
      const before = a.monotonicMs()
      await simulation.sleep(101)
      assert.ok(fired)
      assert.equal(a.monotonicMs() - before, 101)
      assert.deepEqual([a.nowMs(), b.nowMs()], [996_601, 1_001_601])
      simulation.kill('a')
      assert.equal(simulation.runtime('a').clock.nowMs(), 996_601)
    })
    simulation.faults.assertFired('clock-stepped')
  })

  it('fire timers in order, not before a millisecond, and not once cancelled', async () => {
    const simulation = createSimulation({ seed: 1 })
    const { clock } = simulation.runtime('a')
    const fired: string[] = []
    clock.setTimer(2, () => fired.push(`two at ${clock.monotonicMs()}`))
    clock.setTimer(0, () => fired.push(`zero at ${clock.monotonicMs()}`))
    clock.setTimer(1.5, () => fired.push(`one and a half at ${clock.monotonicMs()}`), true)
    const cancelled = clock.setTimer(1, () => fired.push('cancelled'))
    clock.defer(() => fired.push('deferred'))
    cancelled.cancel()
    cancelled.cancel()
    await simulation.advance(10)
    assert.deepEqual(fired, ['deferred', 'zero at 1', 'one and a half at 1.5', 'two at 2'])
  })
})

describe('the workers', () => {
  it('do the work of the real codecs after a while, on a copy of the input', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const { workers, codecs } = simulation.runtime('a')
      const text = Buffer.from('odradek '.repeat(1000))
      const startMs = simulation.elapsedMs
      const work = workers.compress('zstd', text)
      const expected = Buffer.from(text)
      text.fill(0)
      const compressed = await work
      assert.ok(simulation.elapsedMs > startMs)
      assert.ok(compressed.length < 1000)
      assert.deepEqual(Buffer.from(await workers.decompress('zstd', compressed, 10_000)), expected)
      assert.deepEqual(codecs.loaded('zstd')?.decompress(compressed, 10_000).length, 8000)
      await assert.rejects(workers.decompress('zstd', compressed, 100))
      const pending = workers.compress('gzip', text)
      await workers.close()
      await assert.rejects(pending, /closed/)
    })
  })

  it('dies between two of its steps when told so, and is heard of', async () => {
    const simulation = createSimulation({ seed: 1 })
    const signs: string[] = []
    await simulation.run(async () => {
      const { clock } = simulation.runtime('a')
      for (let step = 1; step <= 5; step++) clock.setTimer(step, () => void signs.push(`step ${step}`))
      const removal = simulation.onDeath('a', () => signs.push('never told'))
      simulation.onDeath('a', () => signs.push('dead'))
      removal()
      simulation.killAfter('a', 3)
      await simulation.sleep(100)
    })
    assert.deepEqual(signs, ['step 1', 'step 2', 'step 3', 'dead'])
    assert.equal(simulation.faults.count('process-killed'), 1)
  })
})
