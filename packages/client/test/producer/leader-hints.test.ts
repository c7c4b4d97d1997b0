import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes, metadata, produce } from '@odradek/protocol'
import { startProducing } from '../support/producing.ts'

const BACKOFF = { retryBackoffMs: 5000, retryBackoffMaxMs: 10_000 }

describe('a broker that does not lead a partition any more names the one that does (KIP-951)', () => {
  /** Node 1 has led the partition until `leaderId` did, which metadata says nothing of. */
  async function moved(leaderId: number, hint: boolean) {
    const { cluster, log, producer } = startProducing({ lingerMs: 0, batchSize: 1, ...BACKOFF })
    const first = producer.send({ topic: 't', value: 'first' })
    await cluster.clock.advance(10)
    await first
    cluster.nodes.push(leaderId)
    const asked = cluster.of(metadata).length
    cluster.on(produce, (request, { node }) => {
      if (node === leaderId) return log.answer(request)
      const currentLeader = hint ? { leaderId, leaderEpoch: 1 } : undefined
      return {
        responses: [
          { name: 't', partitionResponses: [{ index: 0, errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER, baseOffset: -1, currentLeader }] },
        ],
        nodeEndpoints: hint ? [{ nodeId: leaderId, host: 'fake', port: 9000 + leaderId, rack: null }] : [],
      }
    })
    let done = 0
    const sent = ['a', 'b', 'c'].map((value) => producer.send({ topic: 't', value }).then(() => done++))
    await cluster.clock.advance(100)
    return { cluster, log, producer, sent, done: () => done, asked: () => cluster.of(metadata).length - asked }
  }

  it('all that was under way goes there, in order, at once, and without a request for metadata', async () => {
    const { log, producer, done, asked } = await moved(2, true)
    assert.equal(done(), 3)
    assert.equal(asked(), 0)
    assert.deepEqual(log.values.get(0), ['first', 'a', 'b', 'c'])
    await producer.close()
  })

  it('without a hint it asks for metadata, and waits', async () => {
    const { cluster, log, producer, sent, done, asked } = await moved(2, false)
    assert.equal(done(), 0)
    assert.ok(asked() > 0)
    cluster.topics.set('t', [2])
    await cluster.clock.advance(30_000)
    await Promise.all(sent)
    assert.deepEqual(log.values.get(0), ['first', 'a', 'b', 'c'])
    await producer.close()
  })
})
