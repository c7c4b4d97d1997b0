/** Owns a simulated cluster: our broker on one host, our clients on others, and what they do. */

import { type Broker, startBroker } from '@odradek/broker'
import { Kafka, string } from '@odradek/client'
import type { Simulation } from '@odradek/runtime/sim'
import type { Ledger } from './ledger.ts'
import { Ownership } from './ownership.ts'

export const TOPIC = 'orders'
export const BROKER = 'broker'
export const PARTITIONS = 3
const PORT = 9092
const POLL_MS = 500
/** A consumer that has read nothing new for so long gives up, and the test says what is missing. */
const PATIENCE_POLLS = 600

export interface ClusterOptions {
  /** Kafka's broker configuration, as text. */
  readonly config?: Readonly<Record<string, string>>
}

export class SimulatedCluster {
  readonly simulation: Simulation
  readonly ownership: Ownership = new Ownership()
  readonly #options: ClusterOptions

  constructor(simulation: Simulation, options: ClusterOptions = {}) {
    this.simulation = simulation
    this.#options = options
  }

  /** Starts the broker's process, anew after its death, on the disk that the last one left. */
  start(): Promise<Broker> {
    return startBroker({
      runtime: this.simulation.runtime(BROKER),
      host: BROKER,
      port: PORT,
      dataDir: '/var/lib/kafka',
      topics: { [TOPIC]: { partitions: PARTITIONS } },
      ...(this.#options.config === undefined ? {} : { config: this.#options.config }),
    })
  }

  kafka(host: string): Kafka {
    return new Kafka({ bootstrapServers: [`${BROKER}:${PORT}`], clientId: host, runtime: this.simulation.runtime(host) })
  }

  /** Sends so many records at random moments, several in flight; resolves when each is acknowledged or has failed. */
  async produce(host: string, count: number, ledger: Ledger): Promise<void> {
    const { random } = this.simulation.runtime(host)
    const kafka = this.kafka(host)
    const producer = kafka.producer({ key: string, value: string })
    const outcomes: Promise<void>[] = []
    for (let index = 0; index < count; index++) {
      const record = ledger.next((bound) => random.int(bound))
      const outcome = producer.send({ topic: TOPIC, key: record.key, value: String(record.sequence) }).then(
        ({ partition, offset }) => ledger.acknowledge(record, partition, offset),
        (error: unknown) => void ledger.failures.push(error),
      )
      outcomes.push(outcome)
      await this.simulation.sleep(random.int(8))
    }
    await Promise.all(outcomes)
    await kafka.close()
  }

  /** Joins the group and reads until `isDone` or nothing new has come for long, commits and leaves. */
  async consume(host: string, groupId: string, ledger: Ledger, isDone: () => boolean): Promise<void> {
    const kafka = this.kafka(host)
    const consumer = kafka.consumer({ key: string, value: string, groupId, autoOffsetReset: 'earliest', enableAutoCommit: false })
    // What was read is committed before another member takes over, unless the broker is down just then.
    await consumer.subscribe([TOPIC], {
      onAssigned: (partitions) => this.ownership.take(host, partitions),
      onRevoked: async () => {
        await consumer.commitSync().catch(() => undefined)
        this.ownership.release(host)
      },
      onLost: () => this.ownership.release(host),
    })
    let polls = 0
    for (let known = 0; !isDone() && polls < PATIENCE_POLLS; polls++) {
      for (const { key, value, partition, offset } of await consumer.poll(POLL_MS)) {
        ledger.consume({ key: key ?? '', sequence: Number(value), partition, offset })
      }
      if (ledger.consumed.length > known) polls = 0
      known = ledger.consumed.length
    }
    await consumer.commitSync()
    await kafka.close()
  }

  /** The sum of what the group has committed in all partitions. */
  async committedRecords(host: string, groupId: string): Promise<number> {
    const kafka = this.kafka(host)
    const consumer = kafka.consumer({ groupId })
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition }))
    const committed = await consumer.committed(partitions)
    await kafka.close()
    return committed.reduce((sum, { offset }) => sum + offset, 0)
  }
}
