/** A program that sends: keyed or not, several in flight, until the weather is over; then one record to each partition, which must arrive. */

import { BrokerError, KafkaError, type Producer, string } from '@odradek/client'
import type { ProducerSettings, ProducersSpec } from '../scenario.ts'
import type { Life } from '../stage/program.ts'
import type { Stage } from '../stage/stage.ts'

const DEFAULTS: ProducerSettings = { requestTimeoutMs: 4000, deliveryTimeoutMs: 20_000, maxBlockMs: 10_000 }
const DEFAULT_KEYS = 7
const DEFAULT_PADDING_BYTES = 60
/** This share of sends follows the one before at once. */
const BURST_PROBABILITY = 0.4
/** With fewer, a connection that the weather has left half open is reason enough to fail. */
const FEW_RETRIES = 10
const PADDING = ' '

export function produce(stage: Stage, spec: ProducersSpec): (life: Life) => Promise<void> {
  return async (life) => {
    const config = { ...DEFAULTS, ...spec.config }
    const producer = life.kafka.producer({ key: string, value: string, ...config })
    const sender = new Sender(stage, life, producer, spec)
    const acks = config.acks ?? 'all'
    const isIdempotent = config.enableIdempotence ?? acks === 'all'
    life.history.openProducer({
      client: life.name,
      process: life.name,
      acks: acks === 'all' ? 'all' : acks === '1' ? 1 : 0,
      idempotent: isIdempotent,
      ...(config.maxInFlightRequestsPerConnection === undefined ? {} : { maxInFlight: config.maxInFlightRequestsPerConnection }),
      ...(config.retries === undefined ? {} : { retries: config.retries }),
    })
    for (let count = 0; count < spec.records && !stage.isCalm; count++) {
      sender.send(undefined)
      if (life.random.next() >= BURST_PROBABILITY) await life.sleep(spec.everyMs)
    }
    while (!stage.isCalm) await life.sleep(1000)
    await sender.settled()
    const partitions = await producer.partitionsFor(spec.topic)
    for (const { partition } of partitions) sender.send(partition)
    await sender.settled()
    life.history.close(life.name)
    await producer.close()
  }
}

class Sender {
  readonly #stage: Stage
  readonly #life: Life
  readonly #producer: Producer<string, string>
  readonly #spec: ProducersSpec
  readonly #pending = new Set<Promise<void>>()
  #count = 0

  constructor(stage: Stage, life: Life, producer: Producer<string, string>, spec: ProducersSpec) {
    this.#stage = stage
    this.#life = life
    this.#producer = producer
    this.#spec = spec
  }

  /** A record for one partition must be acknowledged: it is sent when all is well. */
  send(partition: number | undefined): void {
    const { history, random, name } = this.#life
    const { topic, keys = DEFAULT_KEYS, paddingBytes = DEFAULT_PADDING_BYTES, config: { retries = FEW_RETRIES + 1 } = {} } = this.#spec
    const record = `${name}/${++this.#count}`
    const key = keys > 0 ? `k${random.int(keys)}` : undefined
    const place = { topic, ...(partition === undefined ? {} : { partition }), ...(key === undefined ? {} : { key }) }
    const sending = history.send({ client: name, ...place, value: record })
    const value = record + PADDING.repeat(1 + random.int(paddingBytes + 1))
    const outcome = this.#producer.send({ ...place, value }).then(
      (placed) => {
        if (this.#life.isAlive) sending.ok(placed.partition, placed.offset)
      },
      (error: unknown) => {
        if (!this.#life.isAlive) return
        sending.info(error)
        if (partition !== undefined && retries > FEW_RETRIES)
          this.#stage.violate('stuck producer', `${record} was sent when all was well: ${String(error)}`)
        else if (!isExpected(error)) this.#stage.violate('unexpected error', `send of ${record}: ${describe(error)}`)
      },
    )
    this.#pending.add(outcome)
    void outcome.finally(() => this.#pending.delete(outcome))
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }
}

/** In bad weather, time runs out. A broker whose disk fails says so until it is mended. */
function isExpected(error: unknown): boolean {
  return error instanceof KafkaError && (error.code === 'TIMEOUT' || error.code === 'CONNECTION')
}

export function describe(error: unknown): string {
  if (error instanceof BrokerError) return `${error.code}: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
