// Our client's transactions on Apache Kafka 4.3.1, under both protocols, and on our broker: what is left is read by Java's consumer and by
// librdkafka's, and is the same everywhere.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, Producer, ProducerOptions } from '@odradek/client'
import { Kafka, string } from '@odradek/client'
import { assertZombieIsFenced, endings, zombieConfigs } from '../proving/pipeline/zombie.ts'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startKafka } from './harness/kafka-server.ts'
import { runKafkaTool } from './harness/kafka-tools.ts'
import { runKcat } from './harness/kcat.ts'

const configs = zombieConfigs
const quiet = { logger: { warn: () => undefined } }

interface Subject {
  readonly bootstrapServers: string
  /** kill -9, and the same again on its data. */
  readonly revive: () => Promise<void>
  readonly close: () => Promise<unknown>
}

async function onKafka(transactionVersion: number): Promise<Subject> {
  const kafka = await startKafka({ configs, startTimeoutMs: 150_000 })
  const { bootstrapServers } = kafka
  if (transactionVersion < 2) {
    const args = ['--bootstrap-server', bootstrapServers, 'downgrade', '--feature', `transaction.version=${transactionVersion}`]
    const { code, stdout, stderr } = await runKafkaTool('kafka-features', args, { timeoutMs: 60_000 })
    assert.equal(code, 0, stdout + stderr)
  }
  const revive = async (): Promise<void> => {
    await kafka.stopNode(0, 'SIGKILL')
    await kafka.startNode(0)
  }
  return { bootstrapServers, revive, close: () => kafka.stop() }
}

async function onOurs(): Promise<Subject> {
  const broker = await startBrokerProcess({ args: Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`]) })
  const revive = async (): Promise<void> => {
    await broker.kill()
    await broker.restart()
  }
  return { bootstrapServers: broker.bootstrapServers, revive, close: () => broker.stop() }
}

const subjects = {
  'Apache Kafka, the first protocol': () => onKafka(0),
  'Apache Kafka, the second protocol': () => onKafka(2),
  'our broker': onOurs,
}

for (const [name, start] of Object.entries(subjects)) {
  describe(`transactions on ${name}`, { timeout: 400_000 }, () => {
    let subject: Subject
    let kafka: Kafka

    before(async () => {
      subject = await start()
      kafka = new Kafka({ ...quiet, bootstrapServers: subject.bootstrapServers })
      await kafka
        .admin()
        .createTopics(
          ['plain', 'fenced', 'late', 'revived', 'input', 'output'].map((topic) => ({ topic, partitions: topic === 'input' ? 2 : 1 })),
        )
    })

    after(async () => {
      await kafka.close()
      await subject.close()
    })

    const producer = (transactionalId: string, options: ProducerOptions<string, string> = {}): Producer<string, string> =>
      kafka.producer({ key: string, value: string, transactionalId, ...options })

    const ends = async (topic: string): Promise<[stable: number, end: number]> => {
      const end = async (isolationLevel: 'read_committed' | 'read_uncommitted'): Promise<number> => {
        const consumer = kafka.consumer({ isolationLevel })
        const [{ offset } = { offset: -1 }] = await consumer.endOffsets([{ topic, partition: 0 }])
        await consumer.close()
        return offset
      }
      return [await end('read_committed'), await end('read_uncommitted')]
    }

    /** By our consumer, under read_committed, up to the last stable offset. */
    const committed = async (topic: string): Promise<string[]> => {
      const consumer: Consumer<string, string> = kafka.consumer({
        key: string,
        value: string,
        isolationLevel: 'read_committed',
        autoOffsetReset: 'earliest',
      })
      const [stable] = await ends(topic)
      await consumer.assign([{ topic, partition: 0 }])
      const values: string[] = []
      while ((await consumer.position({ topic, partition: 0 })) < stable)
        for (const { value } of await consumer.poll(200)) values.push(value ?? '')
      await consumer.close()
      return values
    }

    it('commits, aborts, and offsets with them: our consumer, Java’s and librdkafka’s see what was committed', async () => {
      const sender = producer('plain')
      await sender.initTransactions()
      const group = { groupId: 'copiers', generationId: -1, memberId: '', groupInstanceId: null }
      for (let round = 0; round < 4; round++) {
        sender.beginTransaction()
        const sent = [0, 1, 2].map((index) => sender.send({ topic: 'plain', value: `${round}-${index}` }))
        await sender.sendOffsetsToTransaction([{ topic: 'input', partition: 0, offset: round + 1 }], group)
        await Promise.all(sent)
        await (round % 2 === 0 ? sender.commitTransaction() : sender.abortTransaction())
      }
      await sender.transaction(async (transaction) => {
        await transaction.send({ topic: 'plain', value: 'last' })
      })
      await sender.close()
      const expected = [...[0, 1, 2].map((index) => `0-${index}`), ...[0, 1, 2].map((index) => `2-${index}`), 'last']
      assert.deepEqual(await committed('plain'), expected)
      assert.deepEqual(
        (await kafka.admin().listGroupOffsets('copiers')).map(({ topic, offset }) => [topic, offset]),
        [['input', 3]],
      )
      const kcat = await runKcat(['-b', subject.bootstrapServers, '-C', '-t', 'plain', '-e', '-q', '-X', 'isolation.level=read_committed'])
      assert.deepEqual(kcat.stdout.trim().split('\n'), expected)
      const java = await runKafkaTool(
        'kafka-console-consumer',
        [
          '--bootstrap-server',
          subject.bootstrapServers,
          '--topic',
          'plain',
          '--from-beginning',
          '--max-messages',
          `${expected.length}`,
        ].concat(['--command-property', 'isolation.level=read_committed']),
        { timeoutMs: 60_000 },
      )
      assert.deepEqual(java.stdout.trim().split('\n'), expected)
    })

    it('of two producers with one transactional.id the first is fenced, and told why', async () => {
      const first = producer('fenced')
      await first.initTransactions()
      first.beginTransaction()
      await first.send({ topic: 'fenced', value: 'of the zombie' })
      const second = producer('fenced')
      await second.transaction(async (transaction) => {
        await transaction.send({ topic: 'fenced', value: 'of the successor' })
      })
      await assert.rejects(first.commitTransaction(), (error: Error & { fatal?: boolean; code?: string }) => {
        assert.ok(error.fatal === true && ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'].includes(error.code ?? ''), String(error))
        assert.match(error.message, /another producer has taken over transactional\.id 'fenced'/)
        return true
      })
      await assert.rejects(first.send({ topic: 'fenced', value: 'more of the zombie' }), { fatal: true })
      await Promise.all([first.close(), second.close()])
      assert.deepEqual(await committed('fenced'), ['of the successor'])
    })

    it('a transaction that outlives transaction.timeout.ms is aborted, and its producer fenced', async () => {
      const slow = producer('late', { transactionTimeoutMs: 1000 })
      await slow.initTransactions()
      slow.beginTransaction()
      await slow.send({ topic: 'late', value: 'too late' })
      for (;;) {
        const [stable, end] = await ends('late')
        if (stable === end && end > 1) break
        await sleep(50)
      }
      await assert.rejects(slow.commitTransaction(), { fatal: true })
      await slow.close()
      const next = producer('late')
      await next.transaction(async (transaction) => {
        await transaction.send({ topic: 'late', value: 'in time' })
      })
      await next.close()
      assert.deepEqual(await committed('late'), ['in time'])
    })

    it('a process that was stopped in a transaction is fenced when it goes on, and nothing of it is visible', async (t) => {
      const print = (line: string): void => t.diagnostic(line)
      await Promise.all(endings.map((ending) => assertZombieIsFenced(subject.bootstrapServers, ending, print)))
    })

    it('a transaction outlives the broker’s kill -9', async () => {
      const sender = producer('revived', { requestTimeoutMs: 5000, transactionTimeoutMs: 300_000 })
      await sender.initTransactions()
      sender.beginTransaction()
      await sender.send({ topic: 'revived', value: 'before' })
      await subject.revive()
      await sender.send({ topic: 'revived', value: 'after' })
      await sender.commitTransaction()
      await sender.transaction(async (transaction) => {
        await transaction.send({ topic: 'revived', value: 'next' })
      })
      await sender.close()
      assert.deepEqual(await committed('revived'), ['before', 'after', 'next'])
    })

    it('read-process-write: what a member has read goes on once, with its offsets', async () => {
      const input = kafka.producer({ key: string, value: string })
      const count = 200
      await input.sendBatch(Array.from({ length: count }, (_, index) => ({ topic: 'input', partition: index % 2, value: `${index}` })))
      await input.close()
      const reader = kafka.consumer({
        key: string,
        value: string,
        groupId: 'pipeline',
        enableAutoCommit: false,
        autoOffsetReset: 'earliest',
      })
      await reader.subscribe(['input'])
      const writer = producer('pipeline')
      let done = 0
      while (done < count) {
        const records = await reader.poll(500)
        if (records.length === 0) continue
        await writer.transaction(async (transaction) => {
          for (const { value } of records) void transaction.send({ topic: 'output', value: `${value}!` }).catch(() => undefined)
          const next = new Map(records.map(({ topic, partition, offset }) => [partition, { topic, partition, offset: offset + 1 }]))
          await transaction.sendOffsets([...next.values()], reader.groupMetadata())
        })
        done += records.length
      }
      const zombie = reader.groupMetadata()
      await reader.close()
      const refused = writer.transaction((transaction) => transaction.sendOffsets([{ topic: 'input', partition: 0, offset: 0 }], zombie))
      await assert.rejects(refused, { code: 'UNKNOWN_MEMBER_ID' })
      await writer.close()
      assert.deepEqual((await committed('output')).toSorted(), Array.from({ length: count }, (_, index) => `${index}!`).toSorted())
      const offsets = await kafka.admin().listGroupOffsets('pipeline')
      assert.deepEqual(
        new Map(offsets.map(({ partition, offset }) => [partition, offset])),
        new Map([
          [0, 100],
          [1, 100],
        ]),
      )
    })
  })
}
