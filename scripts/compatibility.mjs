// Writes docs/compatibility.md from the broker's own lists of handlers and settings. --check compares instead, and exits 1 on a difference.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const rootDir = join(fileURLToPath(import.meta.url), '..', '..')
const path = join(rootDir, 'docs', 'compatibility.md')
const load = (module) => import(pathToFileURL(join(rootDir, 'packages', module)).href)

const { apis } = await load('protocol/dist/src/index.js')
const { createHandlers } = await load('broker/dist/src/api/handlers.js')
const { brokerKeys } = await load('broker/dist/src/config/broker-keys.js')
const { topicKeys } = await load('broker/dist/src/config/topic-keys.js')
const { formatValue } = await load('broker/dist/src/config/config-key.js')

const handlers = createHandlers()

const range = (first, last) => (first === last ? `${first}` : `${first}–${last}`)
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

function servedRows() {
  return [...handlers.values()].map(({ api, versions: [first, last], notServed }) => {
    const announced = Math.min(first, api.advertisedMinVersion)
    const remarks = announced < first ? [`Announced from ${announced}, as by Kafka.`, ...notServed] : notServed
    const complete = first === api.minVersion && last === api.maxVersion
    return [api.key, api.name, range(first, last), complete ? 'all' : range(api.minVersion, api.maxVersion), remarks.join(' ')]
  })
}

function settingRows(keys) {
  return Object.keys(keys)
    .sort()
    .map((name) => {
      const key = keys[name]
      return [
        `\`${name}\``,
        key.type,
        key.default === null ? '' : `\`${formatValue(key.default)}\``,
        key.update === 'read-only' ? '' : 'yes',
        key.doc,
      ]
    })
}

const missing = apis.filter(({ key }) => !handlers.has(key)).sort((left, right) => left.key - right.key)

const page = `# Compatibility

Written by \`node scripts/compatibility.mjs\` from what the broker itself goes by; a test compares. The measure is Apache Kafka 4.3.1.

## APIs that are served

An API is announced to clients only when every field of every version in the range has its effect; what is left out is said.

${table(['Key', 'API', 'Versions', 'Of Kafka’s', 'Not served'], servedRows())}

## APIs that are not served

${missing.map(({ key, name }) => `${key} ${name}`).join(', ')}; and those that brokers, controllers and share coordinators use among themselves.

## Settings of the broker

Kafka's other keys are accepted with a warning and have no effect; a key that Kafka does not have either is an error.

${table(['Key', 'Type', 'Default', 'Can be changed while running', ''], settingRows(brokerKeys))}

## Settings of a topic

${table(['Key', 'Type', 'Default', 'Can be changed while running', ''], settingRows(topicKeys))}
`

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== page) {
    console.error('docs/compatibility.md is not what the broker does: run node scripts/compatibility.mjs')
    process.exit(1)
  }
} else writeFileSync(path, page)
