// The brokers under measurement, each as its users run it, and topics on them.
import { startBrokerProcess } from '../../tests/dist/interop/harness/broker-process.js'
import { startKafka } from '../../tests/dist/interop/harness/kafka-server.js'
import { KafkaToolRunner } from '../../tests/dist/interop/harness/kafka-tools.js'

const partitions = 6
const tools = new KafkaToolRunner()
let topics = 0

const starts = {
  async 'Apache Kafka'() {
    const kafka = await startKafka({ jvmArgs: ['-Xms1g', '-Xmx1g'], startTimeoutMs: 300_000 })
    return { bootstrapServers: kafka.bootstrapServers, pid: kafka.processes[0].pid, stop: () => kafka.stop() }
  },
  async odradek() {
    const broker = await startBrokerProcess()
    return { bootstrapServers: broker.bootstrapServers, pid: broker.pid, stop: () => broker.stop() }
  },
}

const running = new Map()

// A broker by its name, started when it is first asked for and kept: { bootstrapServers, pid }.
export async function brokerOf(name) {
  if (!running.has(name)) running.set(name, await starts[name]())
  return running.get(name)
}

export async function stopBrokers() {
  await tools.stop()
  for (const broker of running.values()) await broker.stop()
  running.clear()
}

// Every run has a topic of its own.
export async function createTopic({ bootstrapServers }) {
  topics += 1
  const topic = `bench-${topics}`
  const args = ['--bootstrap-server', bootstrapServers, '--create', '--topic', topic, '--partitions', String(partitions)]
  await tools.mustRun('kafka-topics', args)
  return topic
}

export async function deleteTopic({ bootstrapServers }, topic) {
  await tools.mustRun('kafka-topics', ['--bootstrap-server', bootstrapServers, '--delete', '--topic', topic])
}

export async function endOffset({ bootstrapServers }, topic) {
  const { stdout } = await tools.mustRun('kafka-get-offsets', ['--bootstrap-server', bootstrapServers, '--topic', topic])
  return [...stdout.matchAll(/:\d+:(\d+)$/gm)].reduce((sum, match) => sum + Number(match[1]), 0)
}
