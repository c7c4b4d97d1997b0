/** Our producer, with all that it is asked to do in a history. */

import { type Kafka, KafkaError, type Producer, type ProducerConfig } from '@odradek/client'
import type { HistoryRecorder } from '@odradek/history'

export interface RecordedProducerOptions {
  /** Unique in the history. */
  readonly client: string
  /** What dies at once; default: the client. */
  readonly process?: string
  readonly config?: Partial<ProducerConfig>
}

/** Errors of the client itself, before anything is sent. */
const UNSENT: ReadonlySet<string> = new Set(['SERIALIZATION', 'RECORD_TOO_LARGE', 'CONFIG', 'STATE'])

export class RecordedProducer {
  readonly client: string
  readonly #recorder: HistoryRecorder
  readonly #producer: Producer<string | Uint8Array, string | Uint8Array>
  #sent = 0
  acknowledged = 0

  constructor(kafka: Kafka, recorder: HistoryRecorder, { client, process = client, config = {} }: RecordedProducerOptions) {
    this.client = client
    this.#recorder = recorder
    this.#producer = kafka.producer(config)
    const acks = config.acks ?? 'all'
    const idempotent = config.enableIdempotence ?? acks === 'all'
    const { maxInFlightRequestsPerConnection: maxInFlight, retries } = config
    recorder.openProducer({
      client,
      process,
      acks: acks === 'all' ? 'all' : acks === '1' ? 1 : 0,
      idempotent,
      ...(maxInFlight === undefined ? {} : { maxInFlight }),
      ...(retries === undefined ? {} : { retries }),
    })
  }

  /** Sends a value of its own making; resolves, however it went, when the send is over. */
  async send(topic: string, key: string): Promise<void> {
    const value = `${this.client}-${this.#sent++}`
    const recording = this.#recorder.send({ client: this.client, topic, key, value })
    try {
      const { partition, offset } = await this.#producer.send({ topic, key, value })
      recording.ok(partition, offset)
      this.acknowledged += 1
    } catch (error) {
      // An attempt that nobody heard of may have written it, whatever the last attempt met with.
      if (error instanceof KafkaError && UNSENT.has(error.code)) recording.fail(error)
      else recording.info(error)
    }
  }

  async close(): Promise<void> {
    await this.#producer.close()
    this.#recorder.close(this.client)
  }
}
