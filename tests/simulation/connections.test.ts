/** Clients find a broker of ours through names with dead addresses, and go on when it hangs: in the simulator, where addresses can be dead. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import { Kafka, string } from '@odradek/client'
import { createSimulation, type Simulation } from '@odradek/runtime/sim'

/** No host has this address: what is sent there is never heard of again. */
const DEAD = '10.9.9.9'
const NODES = 3
const serdes = { key: string, value: string }

async function withBroker(run: (simulation: Simulation, broker: Broker) => Promise<void>): Promise<void> {
  const simulation = createSimulation({ seed: 5 })
  await simulation.run(async () => {
    const broker = await startBroker({
      runtime: simulation.runtime('broker'),
      host: 'broker',
      port: 9092,
      nodes: NODES,
      topics: { orders: { partitions: NODES } },
    })
    await run(simulation, broker)
    await broker.close()
  })
}

describe('a client in the simulator', () => {
  it('gets in through a name of which only the last address lives, and another that is dead', () =>
    withBroker(async (simulation) => {
      simulation.network.setName('front', [DEAD, simulation.address('broker')])
      simulation.network.setName('gone', [DEAD])
      const kafka = new Kafka({
        bootstrapServers: 'gone:9092,front:9092',
        socketConnectionSetupTimeoutMs: 2000,
        runtime: simulation.runtime('client'),
      })
      const began = simulation.elapsedMs
      const { partition } = await kafka.producer(serdes).send({ topic: 'orders', value: 'v' })
      assert.ok(partition >= 0)
      // The dead name is not waited for beyond the second that any broker is given, the dead address for its time-out.
      assert.ok(simulation.elapsedMs - began < 3500, `${simulation.elapsedMs - began} ms`)
      await kafka.close()
    }))

  it('goes on producing once a broker that has hung is heard of again, and loses nothing', () =>
    withBroker(async (simulation) => {
      const kafka = new Kafka({ bootstrapServers: 'broker:9092', requestTimeoutMs: 3000, runtime: simulation.runtime('client') })
      const producer = kafka.producer(serdes)
      await producer.send({ topic: 'orders', value: 'first' })
      simulation.network.partition('client', 'broker')
      const sent = Array.from({ length: 10 }, (_, index) => producer.send({ topic: 'orders', partition: index % NODES, value: `${index}` }))
      await simulation.sleep(10_000)
      simulation.network.heal('client', 'broker')
      assert.equal((await Promise.all(sent)).length, 10)
      await kafka.close()
    }))
})
