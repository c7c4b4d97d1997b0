/** The architecture as data: who may import whom, what is banned where, how long things may be. */

/** The packages of the workspace and, of those, the ones that each may import. */
export const packageArrows: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  runtime: [],
  client: ['protocol', 'runtime'],
  broker: ['protocol', 'runtime'],
  monitor: ['client', 'protocol', 'runtime'],
  history: [],
  cli: ['broker', 'client', 'history', 'monitor', 'protocol', 'runtime'],
}

/** What a layer (a directory of `src`, or a file directly in it) may import of its own package. */
export interface LayerArrows {
  readonly values: readonly string[]
  /** Layers of which only types may be imported: nothing of them is there at run time. */
  readonly types?: readonly string[]
}

/**
 * Every directory must be listed. A file directly in `src` that is not listed helps to put the package together: it may import
 * all, and no layer imports it.
 */
export type PackageLayers = Readonly<Record<string, LayerArrows>>

const BROKER_FOUNDATIONS = ['logger.ts', 'node.ts', 'system-error.ts', 'metrics']

/** network → api → coordinator → metadata → partition → storage, quota and security beside metadata; configuration speaks of what it configures. */
const brokerLayers: PackageLayers = {
  'logger.ts': { values: [] },
  'node.ts': { values: [] },
  'system-error.ts': { values: [] },
  metrics: { values: ['logger.ts'] },
  storage: { values: BROKER_FOUNDATIONS },
  config: { values: ['storage', ...BROKER_FOUNDATIONS] },
  partition: { values: ['storage', 'config', ...BROKER_FOUNDATIONS] },
  metadata: { values: ['partition', 'storage', 'config', ...BROKER_FOUNDATIONS] },
  quota: { values: ['metadata', ...BROKER_FOUNDATIONS] },
  security: { values: ['metadata', 'config', ...BROKER_FOUNDATIONS] },
  coordinator: { values: ['metadata', 'partition', 'storage', 'config', ...BROKER_FOUNDATIONS] },
  /** What a handler can reach of its cluster, as a type. */
  'cluster.ts': { values: BROKER_FOUNDATIONS, types: ['api', 'coordinator', 'metadata', 'quota', 'security', 'config'] },
  api: {
    values: ['coordinator', 'security', 'quota', 'metadata', 'partition', 'storage', 'config', ...BROKER_FOUNDATIONS],
    types: ['cluster.ts'],
  },
  network: { values: ['api', 'security', 'quota', 'config', ...BROKER_FOUNDATIONS] },
}

const CLIENT_FOUNDATIONS = ['config', 'errors', 'metrics', 'serde', 'headers.ts', 'interception.ts', 'logger.ts', 'topic-partition.ts']

/** facades → accumulator, fetcher, membership (within producer and consumer) → cluster → connection. */
const clientLayers: PackageLayers = {
  errors: { values: [] },
  'headers.ts': { values: [] },
  'interception.ts': { values: ['logger.ts'] },
  'logger.ts': { values: [] },
  'topic-partition.ts': { values: [] },
  metrics: { values: [] },
  serde: { values: ['errors', 'headers.ts'] },
  config: { values: ['errors', 'serde', 'logger.ts'], types: ['tracing'] },
  /** Wraps the facades from outside: the application's own OpenTelemetry is handed in. */
  tracing: { values: ['errors', 'headers.ts'], types: ['producer', 'consumer'] },
  connection: { values: ['config', 'errors', 'metrics'] },
  cluster: { values: ['connection', ...CLIENT_FOUNDATIONS] },
  producer: { values: ['transaction', 'tracing', 'cluster', 'connection', ...CLIENT_FOUNDATIONS], types: ['consumer'] },
  consumer: { values: ['tracing', 'cluster', 'connection', ...CLIENT_FOUNDATIONS] },
  admin: { values: ['cluster', 'connection', ...CLIENT_FOUNDATIONS] },
  /** Tells the producer what may be sent when; of the producer it knows the identity that it hands on. */
  transaction: { values: ['cluster', 'connection', ...CLIENT_FOUNDATIONS], types: ['producer', 'consumer'] },
}

export const packageLayers: Readonly<Record<string, PackageLayers>> = {
  broker: brokerLayers,
  client: clientLayers,
  history: {
    format: { values: [] },
    model: { values: ['format'] },
    rules: { values: ['model'], types: ['format'] },
  },
  runtime: {
    'clock.ts': { values: [] },
    'codecs.ts': { values: [] },
    'files.ts': { values: [] },
    'network.ts': { values: [] },
    'random.ts': { values: [] },
    'runtime.ts': { values: [], types: ['clock.ts', 'codecs.ts', 'files.ts', 'network.ts', 'random.ts', 'workers.ts'] },
    'workers.ts': { values: [], types: ['codecs.ts'] },
    node: { values: ['codecs.ts'], types: ['clock.ts', 'files.ts', 'network.ts', 'random.ts', 'runtime.ts', 'workers.ts'] },
    /** Codecs are the real ones; all else of Node's would break determinism. */
    sim: { values: ['node'], types: ['clock.ts', 'codecs.ts', 'files.ts', 'network.ts', 'random.ts', 'runtime.ts', 'workers.ts'] },
  },
}

/** Packages whose `src` takes time, randomness and I/O from the runtime alone. */
export const purePackages: readonly string[] = ['protocol', 'client', 'broker', 'history']

/** Node's modules that neither measure time nor do I/O. */
export const pureNodeModules: readonly string[] = [
  'node:assert',
  'node:assert/strict',
  'node:async_hooks',
  'node:buffer',
  'node:diagnostics_channel',
  'node:events',
  'node:path',
  'node:path/posix',
  'node:util',
]

/** Globals that are a clock, a timer, a source of randomness or I/O. */
export const ambientGlobals: readonly string[] = [
  'BroadcastChannel',
  'Date',
  'EventSource',
  'MessageChannel',
  'WebSocket',
  'Worker',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'crypto',
  'fetch',
  'performance',
  'setImmediate',
  'setInterval',
  'setTimeout',
]

/** Members of globals that are the same. */
export const ambientMembers: Readonly<Record<string, readonly string[]>> = {
  AbortSignal: ['timeout'],
  Atomics: ['wait', 'waitAsync'],
  Math: ['random'],
  process: ['binding', 'dlopen', 'getBuiltinModule', 'hrtime', 'nextTick', 'uptime'],
}

export const MAX_FILE_LINES = 600
export const MAX_FUNCTION_LINES = 70
