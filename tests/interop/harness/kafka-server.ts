/** Apache Kafka itself, one or several nodes (KRaft, each both broker and controller), as processes in a temporary directory. */

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { metadata } from '@odradek/protocol'
import { Lab } from '../../golden/groups/lab.ts'
import { startJava } from './java-program.ts'
import { harnessDir, temporaryDirectory } from './paths.ts'
import type { StartedProcess } from './process.ts'

export interface KafkaOptions {
  /** Broker configuration in Kafka's names, in addition to and before what the harness sets; {node} stands for the node's number, from 1. */
  configs?: Record<string, string>
  /** Default 1. */
  nodes?: number
  /** Default: a heap of 512 MB and a serial collector. */
  jvmArgs?: readonly string[]
  /** How long a node may take until it serves. Default 60,000 ms. */
  startTimeoutMs?: number
}

export interface KafkaServer extends AsyncDisposable {
  bootstrapServers: string
  /** The log directory of the first node; a partition is a directory in it. */
  logDir: string
  logDirs: readonly string[]
  processes: readonly StartedProcess[]
  /** Ends one node, counted from 0. SIGTERM, the default, lets it hand over what it leads; SIGKILL does not. */
  stopNode(index: number, signal?: NodeJS.Signals): Promise<void>
  /** Starts it again with the same ports and data; resolves when it serves. */
  startNode(index: number): Promise<void>
  stop(): Promise<void>
}

interface NodePorts {
  broker: number
  controller: number
}

/** Starts Apache Kafka and resolves when every node serves. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const nodes = options.nodes ?? 1
  const dir = await temporaryDirectory('kafka')
  const free = await freePorts(nodes * 2)
  const ports = Array.from(
    { length: nodes },
    (_, node): NodePorts => ({ broker: free[node * 2] ?? 0, controller: free[node * 2 + 1] ?? 0 }),
  )
  // Kafka's command line takes a leading dash for an option.
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A')
  const logDirs = ports.map((_, node) => join(dir.path, `node-${node + 1}`))
  const processes: StartedProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((child) => child.kill()))
    await dir[Symbol.asyncDispose]()
  }
  const paths = ports.map((_, node) => join(dir.path, `node-${node + 1}.properties`))
  const begin = async (node: number): Promise<void> => {
    const jvmArgs = options.jvmArgs ?? ['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
    processes[node] = await startJava(join(harnessDir, 'java', 'KafkaNode.java'), [paths[node] ?? '', clusterId], { jvmArgs })
  }
  const whenReady = async (node: number): Promise<void> => {
    await processes[node]?.waitForLine(/Kafka Server started/, options.startTimeoutMs ?? 120_000)
  }
  const stopNode = async (node: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    await processes[node]?.kill(signal)
  }
  const startNode = async (node: number): Promise<void> => {
    await begin(node)
    await whenReady(node)
  }
  try {
    for (const [node, logDir] of logDirs.entries()) {
      await mkdir(logDir)
      await writeFile(paths[node] ?? '', properties(node, ports, logDir, options.configs ?? {}))
      await begin(node)
    }
    await Promise.all(ports.map((_, node) => whenReady(node)))
    await Promise.all(ports.map(({ broker }) => whenUnfenced(broker, nodes)))
  } catch (error) {
    await stop()
    throw error
  }
  const bootstrapServers = ports.map((port) => `127.0.0.1:${port.broker}`).join(',')
  return { bootstrapServers, logDir: logDirs[0] ?? '', logDirs, processes, stopNode, startNode, stop, [Symbol.asyncDispose]: stop }
}

function properties(node: number, ports: readonly NodePorts[], logDir: string, configs: Record<string, string>): string {
  const own = ports[node] ?? { broker: 0, controller: 0 }
  const replicas = String(Math.min(3, ports.length))
  const all: Record<string, string> = {
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '5',
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': '5',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': '1',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://127.0.0.1:${own.broker},CONTROLLER://127.0.0.1:${own.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${own.broker}`,
    ...configs,
    'process.roles': 'broker,controller',
    'node.id': String(node + 1),
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': ports.map((port, index) => `${index + 1}@127.0.0.1:${port.controller}`).join(','),
    'log.dirs': logDir,
  }
  for (const name of ['listeners', 'advertised.listeners']) {
    all[name] = (all[name] ?? '').replaceAll('{port}', String(own.broker)).replaceAll('{controllerPort}', String(own.controller))
  }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value.replaceAll('{node}', String(node + 1))}\n`)
    .join('')
}

/** A node that says it has started may still be fenced by the controller, and get no partition: it is in the metadata when it is not. */
async function whenUnfenced(port: number, nodes: number): Promise<void> {
  await using lab = new Lab(`127.0.0.1:${port}`)
  const connection = await lab.connect()
  for (let left = 600; left > 0; left--) {
    const { brokers } = await connection.request(metadata, 12, { topics: [], allowAutoTopicCreation: false })
    if (brokers.length === nodes) return
    await sleep(100)
  }
  throw new Error(`a node does not know of all ${nodes} after a minute`)
}

/** Ports that were free a moment ago: Kafka needs to know its controllers' before they listen. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen()))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => closeServer(server)))
  return ports
}

function listen(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((closed) => {
    server.close(() => closed())
  })
}
