// Client quotas set with Kafka's own tool, and Kafka's own producer and consumer held to them by our broker.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { KafkaToolRunner, runKafkaTool } from './harness/kafka-tools.ts'
import { startSubject } from './harness/subject.ts'

const subject = await startSubject()
const tools = new KafkaToolRunner()
const server = ['--bootstrap-server', subject.bootstrapServers]
after(async () => {
  await tools.stop()
  await subject.close()
})

const rate = 1_000_000
/** What one may use before it is slowed: all but one of the samples of the window. */
const windowSeconds = 10

test('kafka-configs sets, shows and removes quotas of clients, users and addresses', async () => {
  const configs = async (...args: string[]): Promise<string> => (await tools.mustRun('kafka-configs', [...server, ...args])).stdout
  const described: readonly (readonly [args: readonly string[], config: string, shown: RegExp])[] = [
    [['--entity-type', 'clients', '--entity-name', 'app'], 'producer_byte_rate=1024', /client-id 'app' are .*producer_byte_rate=1024/],
    [['--entity-type', 'clients', '--entity-default'], 'consumer_byte_rate=2048', /default client-id are .*consumer_byte_rate=2048/],
    [
      ['--entity-type', 'users', '--entity-name', 'ann', '--entity-type', 'clients', '--entity-name', 'app'],
      'producer_byte_rate=7',
      /producer_byte_rate=7/,
    ],
    [['--entity-type', 'ips', '--entity-name', '10.0.0.1'], 'connection_creation_rate=9', /connection_creation_rate=9/],
  ]
  for (const [entity, config, shown] of described) {
    await configs('--alter', ...entity, '--add-config', config)
    assert.match(await configs('--describe', ...entity), shown)
    await configs('--alter', ...entity, '--delete-config', config.slice(0, config.indexOf('=')))
    assert.doesNotMatch(await configs('--describe', ...entity), shown)
  }
})

test('kafka-producer-perf-test and kafka-consumer-perf-test are slowed to the quota', async (t) => {
  await tools.mustRun('kafka-topics', [...server, '--create', '--topic', 'limited', '--partitions', '1'])
  const alter = async (name: string, config: string): Promise<unknown> =>
    await tools.mustRun('kafka-configs', [...server, '--alter', '--entity-type', 'clients', '--entity-name', name, '--add-config', config])
  await alter('slow-producer', `producer_byte_rate=${rate}`)
  await alter('slow-consumer', `consumer_byte_rate=${rate}`)
  const bytes = rate * (windowSeconds + 8)
  const load = ['--topic', 'limited', '--num-records', String(bytes / 1000)]
  const asProducer = ['--command-property', `bootstrap.servers=${subject.bootstrapServers}`, 'client.id=slow-producer']
  const produced = await timed('kafka-producer-perf-test', [...load, '--record-size', '1000', '--throughput', '-1', ...asProducer])
  t.diagnostic(`produced in ${produced} s`)
  const asConsumer = ['--timeout', '60000', '--command-property', 'client.id=slow-consumer']
  const consumed = await timed('kafka-consumer-perf-test', [...server, ...load, ...asConsumer])
  t.diagnostic(`consumed in ${consumed} s`)
  // The first ten seconds' worth is free at once; the rest comes at the rate.
  for (const seconds of [produced, consumed]) assert.ok(seconds >= 6 && seconds <= 100, `${seconds} s`)
})

async function timed(tool: 'kafka-producer-perf-test' | 'kafka-consumer-perf-test', args: readonly string[]): Promise<number> {
  const startedMs = performance.now()
  const { code, stdout, stderr } = await runKafkaTool(tool, args, { timeoutMs: 120_000 })
  assert.equal(code, 0, stdout + stderr)
  return (performance.now() - startedMs) / 1000
}
