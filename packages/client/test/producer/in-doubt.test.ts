import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes, produce } from '@odradek/protocol'
import type { KafkaError } from '../../src/index.ts'
import { hangUp } from '../support/fake-cluster.ts'
import type { Producing, ProducingOptions } from '../support/producing.ts'
import { startProducing } from '../support/producing.ts'
import type { Verdict } from '../support/sequenced-log.ts'
import { SequencedLog } from '../support/sequenced-log.ts'
import { startInTransactions } from '../support/transactional-coordinator.ts'

/**
 * What becomes of an attempt. `lost`: written, and the answer lost; `torn`: lost on the way there; a code that is answered after the append, or
 * instead of it (`refused`).
 */
type Fate = 'written' | 'lost' | 'torn' | { readonly after: number } | { readonly refused: number; readonly bad?: readonly number[] }

interface Doubtful extends Producing {
  /** Offset of the record, or the code of its error. */
  readonly send: (...values: string[]) => Promise<(number | string)[]>
}

/** A producer that has had one record acknowledged, and whose next attempts meet these fates; later ones are written. */
async function start(fates: readonly Fate[], options: ProducingOptions = {}): Promise<Doubtful> {
  let verdict: Verdict | undefined
  const producing = startProducing({ retryBackoffMs: 10, lingerMs: 5, ...options })
  const { cluster, producer } = producing
  const log = new SequencedLog(cluster.runtime.codecs, () => verdict)
  log.knowsLast = true
  const coming: Fate[] = ['written', ...fates]
  cluster.on(produce, (request) => {
    const fate = coming.shift() ?? 'written'
    if (fate === 'torn') return hangUp
    verdict = typeof fate === 'object' && 'refused' in fate ? { errorCode: fate.refused, bad: fate.bad ?? [] } : undefined
    const answer = log.answer(request)
    if (fate === 'lost') return hangUp
    if (typeof fate === 'string' || 'refused' in fate) return answer
    const [topic] = answer.responses
    assert.ok(topic)
    return { responses: [{ ...topic, partitionResponses: [{ index: 0, errorCode: fate.after, baseOffset: -1 }] }] }
  })
  const send = async (...values: string[]): Promise<(number | string)[]> => {
    const settled = Promise.allSettled(values.map((value) => producer.send({ topic: 't', value })))
    await cluster.clock.advance(5000)
    return (await settled).map((each) => (each.status === 'fulfilled' ? each.value.offset : (each.reason as KafkaError).code))
  }
  assert.deepEqual(await send('one'), [0])
  return { ...producing, log, send }
}

describe('a record after one that failed and may be in the log', () => {
  const { NOT_ENOUGH_REPLICAS_AFTER_APPEND: UNDER_REPLICATED, REQUEST_TIMED_OUT, TOPIC_AUTHORIZATION_FAILED: FORBIDDEN } = ErrorCodes
  for (const [what, fates, error] of [
    [
      'retries are used up, too few replicas after the append',
      Array(3).fill({ after: UNDER_REPLICATED }),
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    ],
    ['retries are used up, replicas too slow', Array(3).fill({ after: REQUEST_TIMED_OUT }), 'REQUEST_TIMED_OUT'],
    ['an error that says nothing', [{ after: ErrorCodes.UNKNOWN_SERVER_ERROR }], 'UNKNOWN_SERVER_ERROR'],
    ['the answer is lost, the retry forbidden', ['lost', { refused: FORBIDDEN }], 'TOPIC_AUTHORIZATION_FAILED'],
    [
      'replicas too slow, the retry too large',
      [{ after: REQUEST_TIMED_OUT }, { refused: ErrorCodes.MESSAGE_TOO_LARGE }],
      'MESSAGE_TOO_LARGE',
    ],
  ] as const satisfies readonly (readonly [string, readonly Fate[], string])[]) {
    it(`is not taken for it: ${what}`, async () => {
      const { log, producer, send } = await start(fates, { retries: 2 })
      assert.deepEqual(await send('two'), [error])
      assert.deepEqual(await send('three'), [2])
      assert.deepEqual(await send('four'), [3])
      assert.deepEqual(log.values.get(0), ['one', 'two', 'three', 'four'])
      assert.equal(log.received.at(-1)?.producerEpoch, 1)
      await producer.close()
    })
  }

  it('has its number, in the same epoch, when the other is certainly not there', async () => {
    const refused = { refused: ErrorCodes.NOT_ENOUGH_REPLICAS }
    const { log, producer, send } = await start([refused, refused, refused], { retries: 2 })
    assert.deepEqual(await send('two'), ['NOT_ENOUGH_REPLICAS'])
    assert.deepEqual(await send('three'), [1])
    assert.deepEqual(log.values.get(0), ['one', 'three'])
    assert.deepEqual(log.received.at(-1)?.producerEpoch, 0)
    await producer.close()
  })

  it('proves that it is there by being acknowledged', async () => {
    const { log, producer, send } = await start([{ after: REQUEST_TIMED_OUT }, 'written', { refused: FORBIDDEN }], {
      lingerMs: 0,
      batchSize: 1,
    })
    assert.deepEqual(await send('two', 'three'), [-1, 2])
    assert.deepEqual(log.values.get(0), ['one', 'two', 'three'])
    await producer.close()
  })

  for (const protocol of [1, 2] as const) {
    it(`in a transaction: the next has another epoch, protocol ${protocol}`, async () => {
      const { cluster, log, asked, producer } = startInTransactions({ protocol, transactionalId: 'orders', retries: 1, lingerMs: 0 })
      const run = async (send: () => Promise<unknown>): Promise<unknown> => {
        const done = send().catch(({ code }: KafkaError) => code)
        await cluster.clock.advance(3000)
        return done
      }
      await run(() => producer.initTransactions())
      cluster.on(produce, (request) => {
        log.answer(request)
        return { responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: REQUEST_TIMED_OUT, baseOffset: -1 }] }] }
      })
      producer.beginTransaction()
      assert.equal(await run(() => producer.send({ topic: 't', partition: 0, value: 'v' })), 'REQUEST_TIMED_OUT')
      await run(() => producer.abortTransaction())
      assert.ok(
        asked.some((request) => /^InitProducerId 7\/|^EndTxn v5/.test(request)),
        asked.join(),
      )
      await producer.close()
    })
  }
})

/**
 * Java parts the batch as if nothing of it were there, is told that the parts are out of sequence, and writes them again in a new epoch. Here
 * that answer is believed: what is out of sequence may be in the log.
 */
describe('a batch that may be in the log and is refused as too large when it comes again', () => {
  const TOO_LARGE = { refused: ErrorCodes.MESSAGE_TOO_LARGE }

  it('is there once when it was written: its parts are out of sequence', async () => {
    const { log, producer, send } = await start(['lost', TOO_LARGE])
    assert.deepEqual(await send('two', 'three'), ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'OUT_OF_ORDER_SEQUENCE_NUMBER'])
    assert.deepEqual(await send('four'), [3])
    assert.deepEqual(log.values.get(0), ['one', 'two', 'three', 'four'])
    await producer.close()
  })

  it('is acknowledged when those behind it prove that it was written', async () => {
    const { log, producer, send } = await start(['lost', TOO_LARGE], { batchSize: 150 })
    const values = ['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
    const offsets = await send(...values)
    assert.deepEqual(log.values.get(0), ['one', ...values])
    assert.ok(
      offsets.every((offset, index) => offset === -1 || offset === index + 1),
      offsets.join(),
    )
    assert.ok(offsets.includes(-1) && offsets.includes(9), offsets.join())
    await producer.close()
  })

  it('is parted when it was not, in the same epoch', async () => {
    const { log, producer, send } = await start(['torn', TOO_LARGE])
    assert.deepEqual(await send('two', 'three', 'four'), [1, 2, 3])
    assert.deepEqual(await send('five'), [4])
    assert.deepEqual(log.values.get(0), ['one', 'two', 'three', 'four', 'five'])
    assert.ok(log.received.every(({ producerEpoch }) => producerEpoch === 0))
    await producer.close()
  })

  it('loses a bad record alone once a part has shown that it was not there', async () => {
    const bad = { refused: ErrorCodes.INVALID_RECORD, bad: [1] }
    const { log, producer, send } = await start(['torn', bad, 'written', bad])
    assert.deepEqual(await send('two', 'three', 'four', 'bad', 'five'), [1, 2, 3, 'INVALID_RECORD', 4])
    assert.deepEqual(await send('six'), [5])
    assert.deepEqual(log.values.get(0), ['one', 'two', 'three', 'four', 'five', 'six'])
    await producer.close()
  })

  it('keeps the numbers of those behind a bad record that may be there', async () => {
    const bad = { refused: ErrorCodes.INVALID_RECORD, bad: [0] }
    const { log, producer, send } = await start(['lost', bad])
    await send('two', 'three')
    assert.deepEqual(await send('four'), [3])
    assert.deepEqual(log.values.get(0), ['one', 'two', 'three', 'four'])
    await producer.close()
  })
})
