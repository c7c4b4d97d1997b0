// Kafka's console consumer reads __consumer_offsets and __transaction_state of our broker through Kafka's own formatters, as it does Apache Kafka's.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addOffsetsToTxn, endTxn, initProducerId, txnOffsetCommit } from '@odradek/protocol'
import { Lab } from '../golden/groups/lab.ts'
import { transcribe } from '../golden/groups/scenarios.ts'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startKafka } from './harness/kafka-server.ts'
import { KafkaToolRunner } from './harness/kafka-tools.ts'

const configs = {
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
}
const formatters = {
  OffsetsMessageFormatter: '__consumer_offsets',
  GroupMetadataMessageFormatter: '__consumer_offsets',
  TransactionLogMessageFormatter: '__transaction_state',
} as const
const tools = new KafkaToolRunner()
after(() => tools.stop())

/** What differs from run to run: random ids and times. */
const volatile: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID'],
  [/"topicId":"[\w-]{22}"/g, '"topicId":"ID"'],
  [/"(\w*[tT]imestamp\w*)":\d+/g, '"$1":TIME'],
  [/"([pP]roducerId|previousProducerId|nextProducerId)":\d+/g, '"$1":PID'],
]

/** Offsets in a transaction that commits and in one that aborts, and every group of the golden scenarios that writes. */
async function write(bootstrapServers: string): Promise<void> {
  for (const name of ['commits', 'life', 'statics']) await transcribe(bootstrapServers, name)
  await using lab = new Lab(bootstrapServers)
  const connection = await lab.connect()
  const insist = async <Response extends { readonly errorCode: number }>(ask: () => Promise<Response>): Promise<Response> => {
    for (;;) {
      const response = await ask()
      if (response.errorCode === 0) return response
      // The coordinator is not there yet, or not done with the transaction before.
      assert.ok([14, 15, 16, 51].includes(response.errorCode), `error ${response.errorCode}`)
    }
  }
  const transactionalId = 'payments'
  await findCoordinator(bootstrapServers, transactionalId)
  const init = { transactionalId, transactionTimeoutMs: 60_000 }
  const { producerId, producerEpoch } = await insist(() => connection.request(initProducerId, 4, init))
  const self = { transactionalId, producerId, producerEpoch }
  for (const committed of [true, false]) {
    await insist(() => connection.request(addOffsetsToTxn, 3, { ...self, groupId: 'pipeline' }))
    const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'in a transaction' }]
    await connection.request(txnOffsetCommit, 3, { ...self, groupId: 'pipeline', topics: [{ name: 'orders', partitions }] })
    await insist(() => connection.request(endTxn, 3, { ...self, committed }))
  }
  // The next transaction may begin when the markers of the one before are written.
  await insist(() => connection.request(addOffsetsToTxn, 3, { ...self, groupId: 'pipeline' }))
}

/** Has the topic of the transactions' states made. */
async function findCoordinator(bootstrapServers: string, transactionalId: string): Promise<void> {
  await tools.run('kafka-transactions', ['--bootstrap-server', bootstrapServers, 'describe', '--transactional-id', transactionalId])
}

/** Kafka keeps members in a hash map: their order is that of random ids. */
function sortMembers(line: string): string {
  const record = JSON.parse(line) as { value?: { data?: { members?: { clientId: string }[] } } | null }
  record.value?.data?.members?.sort((one, other) => one.clientId.localeCompare(other.clientId))
  return JSON.stringify(record)
}

async function read(bootstrapServers: string): Promise<Record<string, string[]>> {
  const printed: Record<string, string[]> = {}
  for (const [formatter, topic] of Object.entries(formatters)) {
    const source = ['--bootstrap-server', bootstrapServers, '--topic', topic, '--partition', '0', '--offset', 'earliest']
    const shape = ['--formatter', `org.apache.kafka.tools.consumer.${formatter}`, '--timeout-ms', '3000']
    const { stdout } = await tools.run('kafka-console-consumer', [...source, ...shape, '--isolation-level', 'read_committed'])
    // Some formatters end their lines and some do not.
    const lines = stdout
      .replaceAll('}{', '}\n{')
      .split('\n')
      .filter((line) => line.startsWith('{'))
    printed[formatter] = lines.map((line) => volatile.reduce((text, [pattern, name]) => text.replace(pattern, name), sortMembers(line)))
  }
  return printed
}

test('the formatters print what they print of Apache Kafka', { timeout: 240_000 }, async () => {
  await using kafka = await startKafka({ configs })
  await write(kafka.bootstrapServers)
  const expected = await read(kafka.bootstrapServers)
  for (const [formatter, lines] of Object.entries(expected)) assert.ok(lines.length > 3, `${formatter}: ${lines.length} lines`)
  await using ours = await startBrokerProcess({ args: Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`]) })
  await write(ours.bootstrapServers)
  assert.deepEqual(await read(ours.bootstrapServers), expected)
})
