import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimulation, DeadlockError, RunLimitError, type Simulation } from '../../src/sim/index.ts'

/** Clients that write to an echo server, with files, random numbers and timers in between. */
async function scenario(simulation: Simulation): Promise<string> {
  return simulation.run(async () => {
    const server = simulation.runtime('server')
    await server.network.listen({ host: '0.0.0.0', port: 9092 }, (socket) => ({
      onData: (chunk) => void socket.write([chunk]),
      onClose: () => undefined,
    }))
    const received: string[] = []
    for (const name of ['a', 'b']) {
      const client = simulation.runtime(name)
      const file = await client.files.open('/tmp/log', 'write')
      const socket = await client.network.connect(
        { host: 'server', port: 9092, timeoutMs: 1000 },
        { onData: (chunk) => received.push(chunk.toString()), onClose: () => received.push('closed') },
      )
      for (let round = 0; round < 20; round++) {
        const text = `${name}${round}:${client.random.int(1000)} `
        socket.write([Buffer.from(text)])
        await file.write([Buffer.from(text)], round * 16)
        await simulation.sleep(client.random.int(5))
      }
    }
    await simulation.sleep(100)
    return received.join('')
  })
}

function never(): Promise<void> {
  return new Promise(() => {})
}

describe('a simulation', () => {
  it('does the same things at the same times for the same seed', async () => {
    const first = createSimulation({ seed: 7, network: { faults: { stalled: 0.1 } } })
    const second = createSimulation({ seed: 7, network: { faults: { stalled: 0.1 } } })
    const firstText = await scenario(first)
    const secondText = await scenario(second)
    assert.equal(firstText, secondText)
    assert.deepEqual(first.trace.lines(), second.trace.lines())
    assert.equal(first.trace.hash(), second.trace.hash())
    assert.deepEqual(first.faults.all(), second.faults.all())
    first.faults.assertFired('segment-stalled')
    assert.ok(first.trace.count > 100)
  })

  it('does other things for another seed', async () => {
    const hashes = new Set<string>()
    for (let seed = 0; seed < 5; seed++) {
      const simulation = createSimulation({ seed })
      await scenario(simulation)
      hashes.add(simulation.trace.hash())
    }
    assert.equal(hashes.size, 5)
  })

  it('fails with a deadlock and says what is pending', async () => {
    const simulation = createSimulation({ seed: 1 })
    const run = simulation.run(async () => {
      const server = simulation.runtime('server')
      const listener = await server.network.listen({ host: '0.0.0.0', port: 0 }, () => ({
        onData: () => undefined,
        onClose: () => undefined,
      }))
      const client = simulation.runtime('client')
      const options = { host: 'server', port: listener.port, timeoutMs: 1000 }
      await client.network.connect(options, { onData: () => undefined, onClose: () => undefined })
      await never()
    })
    await assert.rejects(run, (error: unknown) => {
      assert.ok(error instanceof DeadlockError)
      assert.match(error.message, /nothing is left to happen/)
      assert.match(error.message, /client#1 socket .* open/)
      return true
    })
  })

  it('fails when virtual time runs out', async () => {
    const simulation = createSimulation({ seed: 1 })
    const { clock } = simulation.runtime('a')
    const again = (): void => void clock.setTimer(1000, again)
    again()
    const run = simulation.run(never, { limitMs: 60_000 })
    await assert.rejects(run, (error: unknown) => error instanceof RunLimitError && /a#1: timer × 1/.test(error.message))
    assert.equal(simulation.eventCount, 60)
  })

  it('fails when events run out before time passes', async () => {
    const simulation = createSimulation({ seed: 1 })
    const { clock } = simulation.runtime('a')
    const again = (): void => clock.defer(again)
    again()
    await assert.rejects(simulation.run(never, { limitEvents: 1000 }), RunLimitError)
  })

  it('ends with what an event throws, as an uncaught exception ends a process', async () => {
    const simulation = createSimulation({ seed: 1 })
    simulation.runtime('a').clock.setTimer(5, () => {
      throw new RangeError('boom')
    })
    await assert.rejects(
      simulation.run(() => simulation.sleep(10)),
      RangeError,
    )
  })

  it('settles as its main promise does, and goes on in the next run', async () => {
    const simulation = createSimulation({ seed: 1 })
    let fired = 0
    simulation.runtime('a').clock.setTimer(50, () => fired++)
    assert.equal(await simulation.run(async () => 'value'), 'value')
    await assert.rejects(
      simulation.run(async () => {
        throw new TypeError('no')
      }),
      TypeError,
    )
    await simulation.advance(49)
    assert.equal(fired, 0)
    await simulation.advance(2)
    assert.equal(fired, 1)
    assert.equal(simulation.elapsedMs, 51)
  })

  it('lets promises run to their end before the next event', async () => {
    const simulation = createSimulation({ seed: 1 })
    const { clock } = simulation.runtime('a')
    const order: string[] = []
    const takeTurns = async (): Promise<void> => {
      for (let turn = 0; turn < 1000; turn++) await Promise.resolve()
      order.push(`first at ${clock.monotonicMs()}`)
    }
    clock.setTimer(1, () => void takeTurns())
    clock.setTimer(1, () => order.push(`second at ${clock.monotonicMs()}`))
    await simulation.advance(5)
    assert.deepEqual(order, ['first at 1', 'second at 1'])
  })

  it('passes an idle hour quickly', async () => {
    const simulation = createSimulation({ seed: 1 })
    const { clock } = simulation.runtime('a')
    let beats = 0
    const beat = (): void => {
      beats++
      clock.setTimer(100, beat)
    }
    beat()
    const startedAt = performance.now()
    await simulation.advance(3_600_000 + 1)
    assert.equal(beats, 36_001)
    // A hundred simulated hours an hour are 36 s for this one; it takes a fraction of a second.
    assert.ok(performance.now() - startedAt < 18_000)
  })
})
