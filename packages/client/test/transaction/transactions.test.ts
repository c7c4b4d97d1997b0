import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addPartitionsToTxn, apis, apiVersions, endTxn, ErrorCodes, initProducerId, produce, txnOffsetCommit } from '@odradek/protocol'
import type { ConsumerGroupMetadata } from '../../src/index.ts'
import { BrokerError } from '../../src/index.ts'
import { hangUp, noAnswer } from '../support/fake-cluster.ts'
import { startProducing } from '../support/producing.ts'
import type { ReceivedBatch, Verdict } from '../support/sequenced-log.ts'
import type { InTransactions } from '../support/transactional-coordinator.ts'
import { during, startInTransactions } from '../support/transactional-coordinator.ts'

const group: ConsumerGroupMetadata = { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null }
const place = { topic: 'in', partition: 0, offset: 5 }
const offsets = [place]
const send = ({ producer }: InTransactions, value: string, partition = 0) => producer.send({ topic: 't', partition, value })

async function inTransaction(world: InTransactions): Promise<void> {
  await during(world, world.producer.initTransactions())
  world.producer.beginTransaction()
  world.asked.length = 0
}

/** After an abort the producer works on. */
async function worksOn(world: InTransactions): Promise<void> {
  world.producer.beginTransaction()
  void send(world, 'next').catch(() => undefined)
  await during(world, world.producer.commitTransaction())
  assert.equal(world.log.values.get(0)?.at(-1), 'next')
}

async function end(world: InTransactions): Promise<void> {
  await during(world, world.producer.close())
}

const takenOver = /another producer has taken over transactional\.id 'tx'/
const fencing =
  (code: 'INVALID_PRODUCER_EPOCH' | 'PRODUCER_FENCED') =>
  ({ values }: ReceivedBatch): Verdict | undefined =>
    values.includes('fenced') ? { errorCode: ErrorCodes[code] } : undefined
const isFatal = (error: unknown): boolean => (error as { fatal?: boolean }).fatal === true

describe('a transaction under the first protocol', () => {
  it('adds partitions before it writes, offsets in two steps, and keeps its epoch', async () => {
    const world = startInTransactions({ protocol: 1 })
    await during(world, world.producer.initTransactions())
    assert.deepEqual(world.asked, ['InitProducerId -1/-1 60000'])
    world.producer.beginTransaction()
    world.asked.length = 0
    const sent = [send(world, 'a'), send(world, 'b', 1)]
    const committed = world.producer.sendOffsetsToTransaction(offsets, group)
    await during(world, Promise.all([committed, world.producer.commitTransaction(), ...sent]))
    assert.equal(world.asked.at(-1), 'EndTxn v4 0 commit')
    assert.deepEqual(world.asked.slice(0, -1).toSorted(), [
      'AddOffsetsToTxn g',
      'AddPartitionsToTxn v3 0,1',
      'Produce v11 tx',
      'TxnOffsetCommit v4 3 m null',
    ])
    assert.ok(world.asked.indexOf('AddPartitionsToTxn v3 0,1') < world.asked.indexOf('Produce v11 tx'))
    world.producer.beginTransaction()
    await during(world, Promise.all([send(world, 'c'), world.producer.commitTransaction()]))
    assert.deepEqual(
      world.log.received.filter(({ partition }) => partition === 0).map(({ producerEpoch, baseSequence }) => [producerEpoch, baseSequence]),
      [
        [0, 0],
        [0, 1],
      ],
    )
    await end(world)
  })

  it('sends no record of an aborted transaction late, and takes a new epoch when one is in doubt', async () => {
    const world = startInTransactions({ protocol: 1, requestTimeoutMs: 1000 })
    await inTransaction(world)
    world.cluster.on(produce, () => noAnswer)
    const sent = assert.rejects(send(world, 'lost'), /aborted/)
    await world.cluster.clock.advance(100)
    const aborted = world.producer.abortTransaction()
    await assert.rejects(send(world, 'late'), { code: 'STATE', message: /being aborted/ })
    await during(world, aborted)
    await sent
    assert.deepEqual(world.asked, ['AddPartitionsToTxn v3 0', 'EndTxn v4 0 abort', 'InitProducerId 7/0 60000'])
    world.cluster.on(produce, (request) => world.log.answer(request))
    await worksOn(world)
    assert.deepEqual(
      world.log.received.map(({ producerEpoch, baseSequence }) => [producerEpoch, baseSequence]),
      [[1, 0]],
    )
    await end(world)
  })

  it('asks again until it is known whether a partition was added, and then ends the transaction', async () => {
    const world = startInTransactions({ protocol: 1 })
    await inTransaction(world)
    let cuts = 2
    world.cluster.on(addPartitionsToTxn, ({ v3AndBelowTopics }) => {
      if (cuts-- > 0) return hangUp
      return {
        throttleTimeMs: 0,
        resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
          name,
          resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: 0 })),
        })),
      }
    })
    const sent = assert.rejects(send(world, 'never'))
    await world.cluster.clock.advance(20)
    await during(world, world.producer.abortTransaction())
    await sent
    assert.deepEqual(world.asked, ['EndTxn v4 0 abort'])
    assert.deepEqual(world.log.received, [])
    await end(world)
  })
})

describe('a transaction under the second protocol', () => {
  it('adds nothing by itself, and takes the epoch that ends bring', async () => {
    const world = startInTransactions({ protocol: 2 })
    await inTransaction(world)
    const committed = world.producer.sendOffsetsToTransaction(offsets, { ...group, groupInstanceId: 'i' })
    await during(world, Promise.all([send(world, 'a'), committed]))
    await during(world, world.producer.commitTransaction())
    assert.deepEqual(world.asked.toSorted(), ['EndTxn v5 0 commit', 'Produce v12 tx', 'TxnOffsetCommit v5 3 m i'])
    world.producer.beginTransaction()
    await during(world, Promise.all([send(world, 'b'), world.producer.commitTransaction()]))
    assert.deepEqual(
      world.log.received.map(({ producerEpoch, baseSequence }) => [producerEpoch, baseSequence]),
      [
        [0, 0],
        [1, 0],
      ],
    )
    await end(world)
  })

  it('a record in doubt costs no InitProducerId: the abort brings the epoch', async () => {
    const world = startInTransactions({ protocol: 2, requestTimeoutMs: 1000 })
    await inTransaction(world)
    world.cluster.on(produce, () => noAnswer)
    const sent = assert.rejects(send(world, 'lost'))
    await world.cluster.clock.advance(100)
    await during(world, world.producer.abortTransaction())
    await sent
    assert.deepEqual(world.asked, ['EndTxn v5 0 abort'])
    world.cluster.on(produce, (request) => world.log.answer(request))
    await worksOn(world)
    await end(world)
  })
})

for (const protocol of [1, 2] as const) {
  describe(`whatever the protocol (${protocol})`, () => {
    it('an empty transaction asks nothing of the coordinator', async () => {
      const world = startInTransactions({ protocol })
      await inTransaction(world)
      await during(world, world.producer.commitTransaction())
      world.producer.beginTransaction()
      await during(world, world.producer.abortTransaction())
      assert.deepEqual(world.asked, [])
      await end(world)
    })

    it('the timeout is transaction.timeout.ms', async () => {
      const world = startInTransactions({ protocol, transactionTimeoutMs: 12_345, requestTimeoutMs: 1000 })
      await during(world, world.producer.initTransactions())
      assert.deepEqual(world.asked, ['InitProducerId -1/-1 12345'])
      await end(world)
    })

    it('a record that fails fails the transaction: commit rejects with the cause, abort is the way out', async () => {
      const world = startInTransactions({
        protocol,
        refuse: ({ values }) => (values.includes('bad') ? { errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED } : undefined),
      })
      await inTransaction(world)
      const sent = assert.rejects(send(world, 'bad'), { code: 'TOPIC_AUTHORIZATION_FAILED' })
      await assert.rejects(during(world, world.producer.commitTransaction()), { code: 'TOPIC_AUTHORIZATION_FAILED', fatal: false })
      await sent
      await assert.rejects(send(world, 'more'), { code: 'STATE', message: /call abortTransaction/ })
      await assert.rejects(world.producer.commitTransaction(), { code: 'TOPIC_AUTHORIZATION_FAILED' })
      assert.throws(() => world.producer.beginTransaction(), { code: 'STATE', message: /call abortTransaction/ })
      await during(world, world.producer.abortTransaction())
      await worksOn(world)
      await end(world)
    })

    it('so does one that never gets into a batch', async () => {
      const world = startInTransactions({ protocol, maxRequestSize: 1000 })
      await inTransaction(world)
      await assert.rejects(during(world, send(world, 'x'.repeat(2000))), { code: 'RECORD_TOO_LARGE' })
      await assert.rejects(during(world, world.producer.commitTransaction()), { code: 'RECORD_TOO_LARGE' })
      await during(world, world.producer.abortTransaction())
      await worksOn(world)
      await end(world)
    })

    for (const name of [
      'PRODUCER_FENCED',
      'INVALID_PRODUCER_EPOCH',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'INVALID_TXN_STATE',
    ] as const) {
      it(`${name} of a coordinator is the end`, async () => {
        const world = startInTransactions({ protocol })
        await inTransaction(world)
        world.errors['EndTxn'] = [ErrorCodes[name]]
        void send(world, 'a').catch(() => undefined)
        const told = name.includes('PRODUCER') ? takenOver : new RegExp(name)
        await assert.rejects(during(world, world.producer.commitTransaction()), { code: name, fatal: true, message: told })
        await assert.rejects(during(world, world.producer.abortTransaction()), isFatal)
        await assert.rejects(send(world, 'b'), isFatal)
        assert.throws(() => world.producer.beginTransaction(), isFatal)
        await end(world)
      })
    }

    it('a producer whose epoch a write finds to be over is told what that means, and whether it is the end by the abort', async () => {
      const world = startInTransactions({ protocol, refuse: fencing('INVALID_PRODUCER_EPOCH') })
      const failing = (): Promise<unknown> =>
        world.producer.transaction(async (transaction) => {
          await transaction.send({ topic: 't', partition: 0, value: 'fenced' })
        })
      const told = { code: 'INVALID_PRODUCER_EPOCH', fatal: false, message: takenOver }
      await assert.rejects(during(world, failing()), told)
      await worksOn(world)
      world.errors['EndTxn'] = [ErrorCodes.PRODUCER_FENCED]
      await assert.rejects(during(world, failing()), (error: Error & { cause: unknown }) => {
        assert.ok(error instanceof BrokerError && error.code === 'PRODUCER_FENCED' && error.fatal)
        assert.match(error.message, takenOver)
        assert.ok(error.cause instanceof BrokerError && error.cause.code === 'INVALID_PRODUCER_EPOCH')
        return true
      })
      await assert.rejects(failing(), { code: 'PRODUCER_FENCED', fatal: true })
      await end(world)
    })

    it('one that a write finds to be fenced is at its end', async () => {
      const world = startInTransactions({ protocol, refuse: fencing('PRODUCER_FENCED') })
      const told = { code: 'PRODUCER_FENCED', fatal: true, message: takenOver }
      const failing = world.producer.transaction((transaction) => transaction.send({ topic: 't', partition: 0, value: 'fenced' }))
      await assert.rejects(during(world, failing), told)
      await assert.rejects(world.producer.commitTransaction(), told)
      await end(world)
    })

    for (const name of ['INVALID_PRODUCER_ID_MAPPING', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'] as const) {
      it(`${name} of a coordinator fails the transaction, no more`, async () => {
        const world = startInTransactions({ protocol })
        await inTransaction(world)
        world.errors['EndTxn'] = [ErrorCodes[name], ...(name === 'INVALID_PRODUCER_ID_MAPPING' ? [ErrorCodes[name]] : [])]
        void send(world, 'a').catch(() => undefined)
        await assert.rejects(during(world, world.producer.commitTransaction()), { code: name, fatal: false })
        await during(world, world.producer.abortTransaction())
        const needsInit = name === 'INVALID_PRODUCER_ID_MAPPING' || (protocol === 1 && name === 'UNKNOWN_PRODUCER_ID')
        assert.equal(world.asked.includes('InitProducerId 7/0 60000'), needsInit)
        await worksOn(world)
        await end(world)
      })
    }

    it('a member that the group has replaced cannot commit', async () => {
      const world = startInTransactions({ protocol })
      for (const name of ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'] as const) {
        if (name === 'ILLEGAL_GENERATION') await during(world, world.producer.initTransactions())
        world.producer.beginTransaction()
        world.errors['TxnOffsetCommit'] = [ErrorCodes[name]]
        await assert.rejects(during(world, world.producer.sendOffsetsToTransaction(offsets, group)), { code: name })
        await assert.rejects(during(world, world.producer.commitTransaction()), { code: name })
        await during(world, world.producer.abortTransaction())
      }
      await end(world)
    })

    it('a wrong argument to sendOffsetsToTransaction() is refused before anything is sent, and the transaction goes on', async () => {
      const world = startInTransactions({ protocol })
      await inTransaction(world)
      const wrong: readonly object[] = [
        { ...place, offset: Number.NaN },
        { ...place, offset: -1 },
        { ...place, offset: 2 ** 53 },
        { ...place, partition: -1 },
        { ...place, partition: 0.5 },
        { ...place, topic: '' },
        { ...place, leaderEpoch: Number.NaN },
        { ...place, metadata: 7 },
        { topic: 'in', partition: 0 },
      ]
      for (const each of wrong)
        await assert.rejects(world.producer.sendOffsetsToTransaction([place, each as typeof place], group), {
          code: 'CONFIG',
          fatal: false,
        })
      for (const stranger of ['g', undefined, { groupId: 'g' }, { ...group, generationId: '3' }, { ...group, groupInstanceId: 1 }]) {
        const refused = world.producer.sendOffsetsToTransaction(offsets, stranger as ConsumerGroupMetadata)
        await assert.rejects(refused, { code: 'CONFIG', message: /pass consumer\.groupMetadata\(\)/ })
      }
      assert.deepEqual(world.asked, [])
      await during(world, world.producer.sendOffsetsToTransaction(offsets, group))
      await during(world, world.producer.commitTransaction())
      await end(world)
    })

    it('and transaction() commits nothing without them, awaited or not', async () => {
      const world = startInTransactions({ protocol })
      const wrong = world.producer.transaction(async (transaction) => {
        void transaction.send({ topic: 't', partition: 0, value: 'a' })
        void transaction.sendOffsets([{ ...place, offset: Number.NaN }], group)
      })
      await assert.rejects(during(world, wrong), { code: 'CONFIG' })
      assert.ok(!world.asked.some((each) => each.endsWith('commit')))
      await worksOn(world)
      await end(world)
    })

    for (const name of ['OFFSET_METADATA_TOO_LARGE', 'INVALID_GROUP_ID', 'UNKNOWN_SERVER_ERROR'] as const) {
      it(`offsets refused with ${name} fail the transaction, no more`, async () => {
        const world = startInTransactions({ protocol })
        await inTransaction(world)
        world.errors['TxnOffsetCommit'] = [ErrorCodes[name]]
        const refused = world.producer.sendOffsetsToTransaction(offsets, group)
        await assert.rejects(during(world, refused), { code: name })
        await during(world, world.producer.abortTransaction())
        assert.match(world.asked.at(-1) ?? '', /EndTxn .* abort/)
        await worksOn(world)
        await end(world)
      })
    }

    it('offsets that wait for their coordinator while the transaction fails, or is aborted, do not end the producer', async () => {
      const world = startInTransactions({ protocol, maxRequestSize: 1000 })
      await during(world, world.producer.initTransactions())
      for (const reason of ['RECORD_TOO_LARGE', 'STATE']) {
        world.producer.beginTransaction()
        world.errors['TxnOffsetCommit'] = Array.from({ length: 10 }, () => ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
        const waiting = assert.rejects(world.producer.sendOffsetsToTransaction(offsets, group), { code: reason })
        await world.cluster.clock.advance(50)
        if (reason === 'RECORD_TOO_LARGE') await assert.rejects(during(world, send(world, 'x'.repeat(2000))), { code: reason })
        await during(world, world.producer.abortTransaction())
        await waiting
      }
      await worksOn(world)
      await end(world)
    })

    it('an error that no broker has answered is the end', async () => {
      const world = startInTransactions({ protocol })
      const known = apis.filter(({ key }) => key !== txnOffsetCommit.key)
      world.cluster.on(apiVersions, () => ({
        errorCode: 0,
        apiKeys: known.map(({ key, advertisedMinVersion, maxVersion }) => ({ apiKey: key, minVersion: advertisedMinVersion, maxVersion })),
        throttleTimeMs: 0,
        finalizedFeatures: [{ name: 'transaction.version', minVersionLevel: protocol, maxVersionLevel: protocol }],
      }))
      await inTransaction(world)
      const refused = world.producer.sendOffsetsToTransaction(offsets, group)
      await assert.rejects(during(world, refused), { code: 'UNSUPPORTED', fatal: true })
      await assert.rejects(world.producer.abortTransaction(), isFatal)
      await end(world)
    })

    it('what may pass is tried again', async () => {
      const world = startInTransactions({ protocol })
      const passing = [ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS, ErrorCodes.NOT_COORDINATOR, ErrorCodes.CONCURRENT_TRANSACTIONS]
      for (const name of ['InitProducerId', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn'])
        world.errors[name] = [...passing]
      await inTransaction(world)
      await during(world, Promise.all([send(world, 'a'), world.producer.sendOffsetsToTransaction(offsets, group)]))
      await during(world, world.producer.commitTransaction())
      assert.equal(world.asked.filter((each) => each.startsWith('EndTxn')).length, passing.length + 1)
      await end(world)
    })

    it('a commit that takes longer than max.block.ms is asked for again, and nothing else is', async () => {
      const world = startInTransactions({ protocol, maxBlockMs: 2000, requestTimeoutMs: 1000 })
      await inTransaction(world)
      await during(world, send(world, 'a'))
      let isAway = true
      const version = protocol === 2 ? { producerId: 7, producerEpoch: 1 } : {}
      world.cluster.on(endTxn, () => (isAway ? noAnswer : { throttleTimeMs: 0, errorCode: 0, ...version }))
      await assert.rejects(during(world, world.producer.commitTransaction()), { code: 'TIMEOUT', message: /call it again/ })
      await assert.rejects(world.producer.abortTransaction(), { code: 'STATE', message: /commitTransaction\(\) has not ended/ })
      assert.throws(() => world.producer.beginTransaction(), { code: 'STATE' })
      isAway = false
      await during(world, world.producer.commitTransaction())
      world.producer.beginTransaction()
      await end(world)
    })

    it('initTransactions() out of reach may be called again', async () => {
      const world = startInTransactions({ protocol, maxBlockMs: 2000, requestTimeoutMs: 1000 })
      let isAway = true
      world.cluster.on(initProducerId, () => (isAway ? noAnswer : { throttleTimeMs: 0, errorCode: 0, producerId: 7, producerEpoch: 0 }))
      await assert.rejects(during(world, world.producer.initTransactions()), { code: 'TIMEOUT' })
      isAway = false
      await during(world, world.producer.initTransactions())
      await end(world)
    })

    it('transaction() commits what its function has sent, and aborts when that rejects', async () => {
      const world = startInTransactions({ protocol })
      const result = await during(
        world,
        world.producer.transaction(async (transaction) => {
          await transaction.send({ topic: 't', partition: 0, value: 'a' })
          await transaction.sendOffsets(offsets, group)
          return 'done'
        }),
      )
      assert.equal(result, 'done')
      assert.match(world.asked.at(-1) ?? '', /EndTxn .* commit/)
      const failing = world.producer.transaction(async (transaction) => {
        await transaction.send({ topic: 't', partition: 0, value: 'b' })
        throw new Error('of the application')
      })
      await assert.rejects(during(world, failing), { message: 'of the application' })
      assert.match(world.asked.at(-1) ?? '', /EndTxn .* abort/)
      world.errors['TxnOffsetCommit'] = [ErrorCodes.ILLEGAL_GENERATION]
      const ignoring = world.producer.transaction(async (transaction) => {
        void transaction.sendOffsets(offsets, group)
      })
      await assert.rejects(during(world, ignoring), { code: 'ILLEGAL_GENERATION' })
      await during(
        world,
        world.producer.transaction(() => Promise.resolve()),
      )
      await end(world)
    })

    it('close aborts what is open', async () => {
      const world = startInTransactions({ protocol })
      await inTransaction(world)
      await during(world, send(world, 'a'))
      await end(world)
      assert.match(world.asked.at(-1) ?? '', /EndTxn .* abort/)
      await assert.rejects(world.producer.commitTransaction(), { code: 'CLOSED' })
    })
  })
}

describe('a producer without transactional.id', () => {
  it('has no transactions, and says why', async () => {
    const { producer } = startProducing()
    assert.throws(() => producer.beginTransaction(), { code: 'STATE', message: /transactional\.id/ })
    await assert.rejects(producer.initTransactions(), { code: 'STATE', message: /transactional\.id/ })
    await producer.close()
  })

  it('idempotence cannot be had out of a transactional one', () => {
    for (const options of [{ enableIdempotence: false }, { acks: '1' }, { retries: 0 }, { transactionalId: '' }] as const)
      assert.throws(() => startInTransactions({ protocol: 2, ...options }), { code: 'CONFIG' })
  })
})
