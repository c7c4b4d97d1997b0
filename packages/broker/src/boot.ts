/** The way from options to a broker that serves: configuration, data directory, listeners, metadata, topics, in this order. */

import { MalformedError } from '@odradek/protocol'
import type { Runtime } from '@odradek/runtime'
import type { Authorizer } from './api/authorizer.ts'
import { allowEverything } from './api/authorizer.ts'
import { Dispatcher } from './api/dispatcher.ts'
import { createHandlers } from './api/handlers.ts'
import type { Interceptors } from './api/interceptors.ts'
import { RequestMetrics } from './api/request-metrics.ts'
import type { StartBrokerOptions } from './broker-options.ts'
import { ClusterState } from './cluster-state.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import { parseBrokerConfig } from './config/broker-config.ts'
import { cleanerConfigOf } from './config/cleaner-config.ts'
import { ConfigError } from './config/config-key.ts'
import type { ListenerAddress } from './config/listeners.ts'
import { isWildcard, parseListeners, securityProtocolOf } from './config/listeners.ts'
import { groupTopic } from './coordinator/group/group-coordinator.ts'
import { transactionTopic } from './coordinator/transaction/transaction-coordinator.ts'
import { ensureTopics } from './initial-topics.ts'
import type { Logger } from './logger.ts'
import { ClusterImage } from './metadata/cluster-image.ts'
import { removeLeftovers } from './metadata/leftovers.ts'
import { MetadataLog, metadataLogConfig } from './metadata/metadata-log.ts'
import { MetadataStore } from './metadata/metadata-store.ts'
import { randomUuid } from './metadata/random-uuid.ts'
import { metadataTopic } from './metadata/topic-names.ts'
import { metricName } from './metrics/registry.ts'
import type { NodeListenersOptions } from './network/node-listeners.ts'
import { NodeListeners } from './network/node-listeners.ts'
import { RequestBudget } from './network/request-budget.ts'
import type { Server } from './network/server.ts'
import type { BrokerNode, Endpoint } from './node.ts'
import { openIdleLogs } from './open-idle-logs.ts'
import { Partition } from './partition/partition.ts'
import { DataDirectory, DataDirectoryError } from './storage/data-directory.ts'
import { LogManager } from './storage/log-manager.ts'
import { StorageError } from './storage/storage-error.ts'
import { NodeServer } from './virtual-node.ts'

export interface BootOptions extends StartBrokerOptions {
  readonly runtime: Runtime
  readonly logger: Logger
  /** Default: everyone may do everything. */
  readonly authorizer?: Authorizer
}

/** What a running broker is made of, for whoever has to take it apart again. */
export interface BrokerParts {
  readonly cluster: ClusterState
  /** By node id, ascending; at least one. */
  readonly nodes: readonly [NodeServer, ...NodeServer[]]
  readonly logs: LogManager
  readonly directory: DataDirectory
  /** Removes a temporary data directory; keeps any other. */
  readonly removeDirectory: () => Promise<void>
}

const defaultBudgetBytes = 256 * 1024 * 1024
/** Kafka's own id of the metadata topic. */
const metadataTopicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** Undoes what has been done, last first, when a later step fails. */
class Undo {
  readonly #steps: (() => Promise<void>)[] = []

  add(step: () => Promise<void>): void {
    this.#steps.push(step)
  }

  async run(): Promise<void> {
    for (const step of this.#steps.reverse()) await step().catch(() => undefined)
  }
}

export async function boot(options: BootOptions, interceptors: Interceptors): Promise<BrokerParts> {
  const undo = new Undo()
  try {
    return await assemble(options, interceptors, undo)
  } catch (error) {
    await undo.run()
    throw error
  }
}

async function assemble(options: BootOptions, interceptors: Interceptors, undo: Undo): Promise<BrokerParts> {
  const { runtime, logger } = options
  const config = readConfig(options)
  const { directory, removeDirectory } = await openDirectory(options, config, undo)
  const listening = listeningOptions(options, config)
  const [first, ...others] = await listen(options, config, listening, undo)
  const { nodeId } = first.node
  const identity = await directory.identify({ nodeId }, () => ({
    clusterId: randomUuid(runtime.random),
    nodeId,
    directoryId: randomUuid(runtime.random),
  }))
  const logs = await openLogs(options, config, directory, undo)
  const metadata = await openMetadata(runtime, logs, directory)
  await removeLeftovers(await logs.directories(), directory.path, metadata.image, runtime.files, logger)
  const cluster = new ClusterState({
    runtime,
    logger,
    clusterId: identity.clusterId,
    dataDir: directory.path,
    config,
    nodes: [first.node, ...others.map(({ node }) => node)],
    metadata,
    authorizer: options.authorizer ?? allowEverything,
    openPartition: (topic, partition, logConfig) =>
      Partition.open(logs, { topic: topic.name, topicId: topic.id, partition, leaderEpoch: 0, config: logConfig }),
  })
  undo.add(async () => cluster.beginClosing())
  await cluster.leadership.settle()
  if (options.topics !== undefined) await ensureTopics(cluster, options.topics)
  if (cluster.topics.get(groupTopic) !== undefined) await cluster.createGroupTopic()
  if (cluster.topics.get(transactionTopic) !== undefined) await cluster.createTransactionTopic()
  const metrics = new RequestMetrics(cluster.metrics)
  const handlers = createHandlers()
  const createServer = ({ node, listeners }: ListeningNode): NodeServer => {
    const dispatcher = new Dispatcher({ cluster, node, handlers, interceptors, metrics })
    return new NodeServer({ node, listeners, listening, cluster, dispatcher })
  }
  const nodes: BrokerParts['nodes'] = [createServer(first), ...others.map(createServer)]
  cluster.metrics.gauge(metricName('kafka.server', 'socket-server-metrics', 'connection-count'), () =>
    nodes.reduce((count, node) => count + node.connectionCount, 0),
  )
  for (const node of nodes) node.serve()
  openIdleLogs(cluster)
  return { cluster, nodes, logs, directory, removeDirectory }
}

/** Kafka's 3 s spare a large group rebalances while its members start; a laptop and a test only wait for them. */
const singleNodeDefaults: Readonly<Record<string, string>> = { 'group.initial.rebalance.delay.ms': '0' }

const nodesMax = 100
const replicationFactorMax = 3

function readConfig({ config: texts = {}, host = '127.0.0.1', port = 0, nodes = 1, logger }: BootOptions): BrokerConfig {
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > nodesMax) throw new ConfigError(`nodes is ${nodes}: it must be 1 to ${nodesMax}`)
  const address = host.includes(':') ? `[${host}]` : host
  const defaults: Record<string, string> = { listeners: `PLAINTEXT://${address}:${port}`, ...singleNodeDefaults }
  if (nodes > 1) defaults['default.replication.factor'] = String(Math.min(replicationFactorMax, nodes))
  const { config, warnings } = parseBrokerConfig({ ...defaults, ...texts })
  for (const warning of warnings) logger.warn(warning)
  return config
}

async function openDirectory(
  { runtime, dataDir }: BootOptions,
  config: BrokerConfig,
  undo: Undo,
): Promise<{ directory: DataDirectory; removeDirectory: () => Promise<void> }> {
  const { files } = runtime
  const chosen = dataDir ?? config.get('log.dirs')?.[0]
  const path = chosen ?? (await files.makeTemporaryDirectory('odradek-'))
  const removeDirectory = async (): Promise<void> => (chosen === undefined ? files.removeDirectory(path) : undefined)
  undo.add(removeDirectory)
  const directory = await DataDirectory.open(files, path)
  undo.add(() => directory.release())
  return { directory, removeDirectory }
}

function listeningOptions({ runtime, logger }: BootOptions, config: BrokerConfig): NodeListenersOptions {
  const budgetBytes = config.get('queued.max.request.bytes')
  return { runtime, logger, config, budget: new RequestBudget(budgetBytes === -1 ? defaultBudgetBytes : budgetBytes) }
}

interface ListeningNode {
  readonly node: BrokerNode
  readonly listeners: NodeListeners
}

/** Takes the ports of every node. */
async function listen(
  { nodes = 1 }: BootOptions,
  config: BrokerConfig,
  listening: NodeListenersOptions,
  undo: Undo,
): Promise<[ListeningNode, ...ListeningNode[]]> {
  const open = async (index: number): Promise<ListeningNode> => {
    const addresses = parseListeners(config.get('listeners')).map((address) => onNode(address, index))
    const listeners = await NodeListeners.open(addresses, listening)
    undo.add(() => listeners.drop())
    return { node: describeNode(config, listeners.servers, index), listeners }
  }
  const opened: [ListeningNode, ...ListeningNode[]] = [await open(0)]
  for (let index = 1; index < nodes; index++) opened.push(await open(index))
  return opened
}

/** Each further node takes the next port, unless the system chooses. */
function onNode(address: ListenerAddress, index: number): ListenerAddress {
  return address.port === 0 ? address : { ...address, port: address.port + index }
}

async function openLogs({ runtime, logger }: BootOptions, config: BrokerConfig, directory: DataDirectory, undo: Undo): Promise<LogManager> {
  const logs = await LogManager.open({
    runtime,
    directory,
    logger,
    retentionCheckIntervalMs: config.get('log.retention.check.interval.ms'),
    cleaner: () => cleanerConfigOf(config),
    producerIdExpirationMs: config.get('producer.id.expiration.ms'),
    producerExpirationCheckIntervalMs: config.get('producer.id.expiration.check.interval.ms'),
  })
  undo.add(() => logs.close())
  return logs
}

/** Throws DataDirectoryError when the metadata log is damaged: without it, nobody knows what the other directories are. */
async function openMetadata(runtime: Runtime, logs: LogManager, directory: DataDirectory): Promise<MetadataStore> {
  const options = { topic: metadataTopic, topicId: metadataTopicId, partition: 0, leaderEpoch: 0, config: metadataLogConfig }
  const image = new ClusterImage()
  try {
    const log = new MetadataLog(await Partition.open(logs, options), runtime)
    await log.replay((record) => image.apply(record))
    return new MetadataStore(log, image)
  } catch (error) {
    if (!(error instanceof StorageError || error instanceof MalformedError)) throw error
    const path = `${directory.path}/${metadataTopic}-0`
    throw new DataDirectoryError(`${path} is damaged (${error.message}): restore it from a copy, or choose another data directory`, {
      cause: error,
    })
  }
}

function describeNode(config: BrokerConfig, servers: readonly Server[], index: number): BrokerNode {
  const advertised = parseListeners(config.get('advertised.listeners') ?? []).map((address) => onNode(address, index))
  const listeners = servers.map(({ name, bound, requestedHost }) => {
    const told = advertised.find((address) => address.name === name)
    return {
      name,
      securityProtocol: securityProtocolOf(name, config.get('listener.security.protocol.map')) ?? 'PLAINTEXT',
      bound,
      advertised:
        told === undefined ? ownAddress(requestedHost, bound) : { host: told.host, port: told.port === 0 ? bound.port : told.port },
    }
  })
  return { nodeId: config.get('node.id') + index, rack: config.get('broker.rack'), listeners }
}

/** A name stays a name, as clients may know it by that alone; a wildcard is no address to connect to. */
function ownAddress(requestedHost: string, bound: Endpoint): Endpoint | undefined {
  return isWildcard(requestedHost) ? undefined : { host: requestedHost, port: bound.port }
}
