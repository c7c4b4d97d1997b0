/** The public types, checked by the compiler: this file is wrong when it does not compile. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import type {
  Consumer,
  ConsumerRecord,
  KafkaError,
  KafkaErrorCode,
  Producer,
  ProducerRecord,
  RecordMetadata,
  SentBatch,
  SyncSerde,
} from '../src/index.ts'
import type { BrokerError, bytes } from '../src/index.ts'
import { int64, json, Kafka, string } from '../src/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only when the types are the same. */
function same<A, B>(_proof: Equal<A, B>): void {}

interface Order {
  readonly id: number
}

it('types', () => {
  const kafka = new Kafka({ bootstrapServers: 'a:1' })
  const serdes = { key: string, value: json<Order>() }

  const producer = kafka.producer(serdes)
  same<typeof producer, Producer<string, Order>>(true)
  same<Parameters<typeof producer.send>[0], ProducerRecord<string, Order>>(true)
  same<ReturnType<typeof producer.send>, Promise<RecordMetadata>>(true)
  same<ReturnType<typeof producer.sendBatch>, Promise<SentBatch>>(true)
  const plain = kafka.producer()
  same<ProducerRecord<string | Uint8Array, string | Uint8Array>, Parameters<typeof plain.send>[0]>(true)

  const consumer = kafka.consumer({ ...serdes, groupId: 'g' })
  same<typeof consumer, Consumer<string, Order>>(true)
  same<Awaited<ReturnType<typeof consumer.poll>>, ConsumerRecord<string, Order>[]>(true)
  same<ConsumerRecord<string, Order>['value'], Order | null>(true)
  const raw = kafka.consumer({ key: int64 })
  same<typeof raw, Consumer<number, Buffer>>(true)
  same<ReturnType<(typeof bytes)['deserialize']>, Buffer>(true)
  same<typeof serdes.value, SyncSerde<Order>>(true)

  same<KafkaError['code'], KafkaErrorCode>(true)
  const code: KafkaErrorCode = 'NOT_LEADER_OR_FOLLOWER'
  same<BrokerError['code'], Exclude<BrokerError['code'], 'TIMEOUT'>>(true)

  // @ts-expect-error a misspelt option
  assert.throws(() => kafka.producer({ lingerMss: 5 }), { code: 'CONFIG' })
  // @ts-expect-error a value that the key does not take
  assert.throws(() => kafka.producer({ compressionType: 'brotli' }), { code: 'CONFIG' })
  // @ts-expect-error a value of another type than the serializer's
  const wrong: Parameters<typeof producer.send>[0] = { topic: 't', value: { id: 'x' } }
  // @ts-expect-error undefined is not a value; null is a tombstone
  const none: Parameters<typeof producer.send>[0] = { topic: 't', value: undefined }
  // @ts-expect-error not a code
  const unknown: KafkaErrorCode = 'NOPE'
  void [code, wrong, none, unknown]
})
