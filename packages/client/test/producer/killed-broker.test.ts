import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes, produce } from '@odradek/protocol'
import { noAnswer } from '../support/fake-cluster.ts'
import { type Producing, type ProducingOptions, startProducing } from '../support/producing.ts'
import type { ReceivedBatch } from '../support/sequenced-log.ts'

const VALUES = ['a', 'b', 'c', 'd', 'e'] as const

/** One record acknowledged, then five, a batch each, sent to a broker that does not answer and takes the first `hears` of them. */
async function unanswered(hears: number, options: ProducingOptions = {}): Promise<Producing & { offsets: Promise<readonly number[]> }> {
  const producing = startProducing({ lingerMs: 0, requestTimeoutMs: 1000, retryBackoffMs: 10, ...options })
  const { cluster, log, producer } = producing
  const send = (value: string) => producer.send({ topic: 't', value })
  const first = send('first')
  await cluster.clock.advance(10)
  await first
  let taken = 0
  cluster.on(produce, (request) => {
    if (taken++ < hears) log.answer(request)
    return noAnswer
  })
  const sent: ReturnType<typeof send>[] = []
  for (const value of VALUES) {
    sent.push(send(value))
    await cluster.clock.advance(10)
  }
  assert.equal(log.values.get(0)?.length, 1 + hears)
  log.knowsLast = true
  cluster.on(produce, (request) => log.answer(request))
  const offsets = Promise.all(sent).then((all) => all.map(({ offset }) => offset))
  await cluster.clock.advance(5000)
  return { ...producing, offsets }
}

describe('a broker that was killed knows the last batch of a producer alone', () => {
  for (const hears of [5, 4, 2, 1]) {
    it(`the first ${hears} of five unanswered batches were written: each is there once, in order, in the same epoch`, async () => {
      const { log, offsets, producer } = await unanswered(hears)
      assert.deepEqual(log.values.get(0), ['first', ...VALUES])
      assert.deepEqual(await offsets, [...Array.from({ length: hears - 1 }, () => -1), ...VALUES.map((_, at) => at + 1).slice(hears - 1)])
      assert.deepEqual(new Set(log.received.map(({ producerEpoch }) => producerEpoch)).size, 1)
      await producer.close()
    })
  }

  it('when all are refused none is there, and they are sent in a new epoch', async () => {
    const refuse = ({ producerEpoch, baseSequence }: ReceivedBatch) =>
      producerEpoch === 0 && baseSequence > 0 ? { errorCode: ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER } : undefined
    const { log, offsets, producer } = await unanswered(0, { refuse })
    assert.equal(log.received.at(-1)?.producerEpoch, 1)
    assert.deepEqual(log.values.get(0), ['first', ...VALUES])
    assert.deepEqual(await offsets, [1, 2, 3, 4, 5])
    await producer.close()
  })
})
