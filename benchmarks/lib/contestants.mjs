// Load generators: ours, Kafka's perf tools, librdkafka, kafkajs. Each takes (bootstrapServers, topic, records) and is one process.
import { kafkaTools } from '../../tests/dist/interop/harness/kafka-tools.js'
import { kafkaClasspath } from '../../tests/dist/interop/harness/kafka-dist.js'
import { loadPath } from './peers.mjs'

const jvmArgs = ['-Xms512m', '-Xmx512m']

// Our scripts print one JSON object.
const fromJson = (stdout) => JSON.parse(stdout.trim().split('\n').at(-1)).recordsPerSecond

const script =
  (command, name, ...more) =>
  async (bootstrap, topic, records) => ({
    command,
    args: [loadPath(name), bootstrap, topic, String(records), ...more],
    perSecond: fromJson,
  })

const javaTool = (tool, args, perSecond) => async (bootstrap, topic, records) => ({
  command: 'java',
  args: [
    ...jvmArgs,
    '-cp',
    await kafkaClasspath(),
    kafkaTools[tool],
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--num-records',
    String(records),
    ...args,
  ],
  perSecond,
})

const javaProduce = (...properties) =>
  javaTool(
    'kafka-producer-perf-test',
    ['--record-size', '100', '--throughput', '-1', ...properties.flatMap((property) => ['--command-property', property])],
    (stdout) => Number(/([\d.]+) records\/sec/.exec(stdout.trim().split('\n').at(-1))?.[1]),
  )

// The time from the first to the last record, without the JVM's start and the joining of the group.
const javaConsume = javaTool('kafka-consumer-perf-test', ['--timeout', '60000'], (stdout) =>
  Number(stdout.trim().split('\n').at(-1).split(',')[9]),
)

export const producers = {
  odradek: script(process.execPath, 'odradek-produce.mjs', 'batch'),
  java: javaProduce('linger.ms=5', 'batch.size=65536', 'buffer.memory=67108864'),
  'librdkafka (python)': script('python3', 'librdkafka.py', 'produce'),
  kafkajs: script(process.execPath, 'kafkajs-produce.mjs'),
}

export const singleProducers = {
  odradek: script(process.execPath, 'odradek-produce.mjs', 'single'),
  java: producers.java,
  'librdkafka (python)': script('python3', 'librdkafka.py', 'produce-keyed'),
}

export const consumers = {
  odradek: script(process.execPath, 'odradek-consume.mjs'),
  java: javaConsume,
  'librdkafka (python)': script('python3', 'librdkafka.py', 'consume'),
  kafkajs: script(process.execPath, 'kafkajs-consume.mjs'),
}

export const javaLoads = { produce: producers.java, consume: javaConsume }
