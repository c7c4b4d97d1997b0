import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { adminKeys, commonKeys, consumerKeys, Kafka, producerKeys } from '../../src/index.ts'
import type { ConfigTable } from '../../src/index.ts'
import { FakeCluster } from '../support/fake-cluster.ts'
import { Weather } from '../support/weather.ts'

const SECRET = 'hush-hush'
const tables: readonly ConfigTable[] = [commonKeys, producerKeys, consumerKeys, adminKeys]
const keys = tables.flatMap((table) => Object.values(table))
const secretNames = keys.flatMap(({ kafka, secret }) => (secret === true ? [kafka] : []))

function start() {
  const cluster = new FakeCluster()
  const weather = new Weather(cluster)
  const properties = Object.fromEntries(secretNames.map((name) => [name, SECRET]))
  const tls = { ca: 'CA', cert: 'CERT', passphrase: SECRET, key: SECRET }
  const kafka = new Kafka({
    bootstrapServers: 'fake:9001',
    securityProtocol: 'SSL',
    sslKeyPassword: SECRET,
    properties,
    tls,
    runtime: weather.runtime,
  })
  return { kafka, clock: cluster.clock, weather }
}

/** All that a program could print of a value, getting at everything that can be got at. */
function everything(value: unknown): string {
  return [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: false }),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? (value.stack ?? '') : '',
  ].join('\n')
}

describe('secrets', () => {
  it('are all marked so in the tables', () => {
    const suspicious = keys.filter(({ kafka }) => /password|secret|jaas|(keystore|private)\.key$/.test(kafka))
    assert.ok(suspicious.length >= 2)
    assert.deepEqual(
      suspicious.filter(({ secret }) => secret !== true).map(({ kafka }) => kafka),
      [],
    )
  })

  it('do not show in what the clients print as', async () => {
    const { kafka } = start()
    for (const printed of [kafka, kafka.producer(), kafka.consumer({ groupId: 'g' }), kafka.admin()].map(everything)) {
      assert.ok(!printed.includes(SECRET), printed)
    }
    assert.match(everything(kafka), /fake:9001/)
    await kafka.close()
  })

  it('do not show in errors, however deep their causes go', async () => {
    const { kafka, clock, weather } = start()
    weather.refusing.add('fake')
    const failing = kafka
      .producer({ maxBlockMs: 1, retryBackoffMs: 0, retryBackoffMaxMs: 0 })
      .send({ topic: 't', value: 'v' })
      .catch((reason: unknown) => reason)
    await clock.advance(100)
    const error = await failing
    assert.ok(error instanceof Error)
    assert.ok(!everything(error).includes(SECRET))
    await kafka.close()
  })

  it('do not show in complaints about themselves', () => {
    for (const name of secretNames) {
      const misspelt = name.replace('ssl', 'sl').replace('sasl', 'sal')
      for (const properties of [{ [name]: 7 }, { [misspelt]: SECRET }]) {
        assert.throws(
          () => new Kafka({ bootstrapServers: 'fake:9001', properties }).admin(),
          (error) => !everything(error).includes(SECRET) && !everything(error).includes('not 7'),
          name,
        )
      }
    }
  })
})
