import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { ConfigError, Kafka } from '../../src/index.ts'
import { adminKeys } from '../../src/config/admin.ts'
import { commonKeys } from '../../src/config/common.ts'
import { consumerKeys } from '../../src/config/consumer.ts'
import type { ConfigTable } from '../../src/config/descriptor.ts'
import { producerKeys } from '../../src/config/producer.ts'
import { checkValue, resolveConfig } from '../../src/config/resolve.ts'

const bootstrapServers = '127.0.0.1:9092'

describe('configuration', () => {
  it('has Java’s defaults under both names', () => {
    const values = resolveConfig(producerKeys, {})
    assert.equal(values.lingerMs, 5)
    assert.equal(values.batchSize, 16_384)
    assert.equal(resolveConfig(producerKeys, {}, { 'linger.ms': '20' }).lingerMs, 20)
    assert.equal(resolveConfig(producerKeys, { lingerMs: 7 }, { 'linger.ms': '20' }).lingerMs, 7)
  })

  it('every camelCase name is the dotted one', () => {
    const tables: ConfigTable[] = [commonKeys, producerKeys, consumerKeys, adminKeys]
    for (const table of tables) {
      for (const [name, { kafka, doc }] of Object.entries(table)) {
        assert.equal(
          name,
          kafka.replace(/\.(\w)/g, (_dot, letter: string) => letter.toUpperCase()),
        )
        assert.ok(doc.endsWith('.'), `${kafka} has no sentence for its documentation`)
      }
    }
  })

  it('every default is a value that the key takes', () => {
    const tables: ConfigTable[] = [commonKeys, producerKeys, consumerKeys, adminKeys]
    for (const table of tables) {
      for (const key of Object.values(table)) if (key.default !== null) assert.deepEqual(checkValue(key, key.default), key.default)
    }
  })

  it('suggests the nearest name for an unknown one', () => {
    const options = { bootstrapServers, lingerMss: 5 }
    assert.throws(() => new Kafka(options), ConfigError)
    const kafka = new Kafka({ bootstrapServers })
    assert.throws(
      () => kafka.producer(Object.assign({ lingerMs: 5 }, { lingerMss: 5 })),
      /Unknown option 'lingerMss'; did you mean 'lingerMs'\?/,
    )
    assert.throws(() => kafka.producer(Object.assign({ lingerMs: 5 }, { 'linger.ms': 5 })), /it is called 'lingerMs'/)
    assert.throws(() => new Kafka({ properties: { 'bootstrap.server': 'a:1' } }), /did you mean 'bootstrap\.servers'\?/)
  })

  it('says what to do instead of Java’s keys that it does not take', () => {
    assert.throws(
      () => new Kafka({ bootstrapServers, properties: { 'compression.lz4.level': 9 } }),
      (error) =>
        error instanceof ConfigError &&
        error.message === "The property 'compression.lz4.level' is not taken: lz4 has one level here; leave it out",
    )
    assert.throws(() => new Kafka({ properties: { 'key.serializer': 'a.b.C' } }), /as the option key/)
  })

  it('takes Kafka’s class names', () => {
    const classes = ['Range', 'RoundRobin', 'Sticky', 'CooperativeSticky'].map(
      (name) => `org.apache.kafka.clients.consumer.${name}Assignor`,
    )
    const values = resolveConfig(consumerKeys, {}, { 'partition.assignment.strategy': classes.join() })
    assert.deepEqual(values.partitionAssignmentStrategy, ['range', 'round-robin', 'sticky', 'cooperative-sticky'])
    assert.deepEqual(resolveConfig(consumerKeys, {}).partitionAssignmentStrategy, ['range', 'cooperative-sticky'])
    assert.equal(resolveConfig(producerKeys, {}, { acks: '-1' }).acks, 'all')
    for (const [name, value] of [
      ['RoundRobinPartitioner', 'round-robin'],
      ['UniformStickyPartitioner', 'uniform-sticky'],
      ['internals.DefaultPartitioner', 'sticky'],
    ] as const) {
      const properties = { 'partitioner.class': `org.apache.kafka.clients.producer.${name}` }
      assert.equal(resolveConfig(producerKeys, {}, properties).partitionerClass, value)
    }
  })

  for (const [name, properties, message] of [
    ['text for a number', { 'linger.ms': 'soon' }, /linger\.ms must be a whole number, not "soon"/],
    ['a number out of bounds', { 'linger.ms': -1 }, /linger\.ms must be at least 0, not -1/],
    ['a level out of bounds', { 'compression.gzip.level': 12 }, /between -1 and 9/],
    ['an unknown choice', { 'compression.type': 'snapy' }, /'snappy'.*did you mean 'snappy'\?/],
    ['a word for a boolean', { 'enable.idempotence': 'yes' }, /must be true or false/],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => resolveConfig(producerKeys, {}, properties),
        (error) => error instanceof ConfigError && message.test(error.message),
      )
    })
  }

  it('names all choices, those that are not one word too', () => {
    const misspelt = (): unknown => resolveConfig(consumerKeys, {}, { 'auto.offset.reset': 'by-duration:PT1H' })
    assert.throws(misspelt, /must be 'earliest', 'latest', 'none', 'by_duration:<ISO duration>', not "by-duration:PT1H"/)
  })

  it('refuses what contradicts idempotence only when it was asked for', () => {
    const kafka = new Kafka({ bootstrapServers, logger: { warn: () => undefined } })
    assert.throws(() => kafka.producer({ acks: '1', enableIdempotence: true }), /enable\.idempotence cannot be kept: acks is 1/)
    assert.throws(() => kafka.producer({ retries: 0, properties: { 'enable.idempotence': true } }), /retries is 0/)
    assert.ok(kafka.producer({ acks: '1' }))
    assert.ok(kafka.producer({ retries: 0 }))
  })

  it('refuses more than five requests in flight unless idempotence is off, as Kafka 4 does', () => {
    const kafka = new Kafka({ bootstrapServers, logger: { warn: () => undefined } })
    for (const options of [{}, { enableIdempotence: true }, { acks: '1' }] as const)
      assert.throws(() => kafka.producer({ ...options, maxInFlightRequestsPerConnection: 6 }), /enable\.idempotence cannot be kept/)
    assert.ok(kafka.producer({ maxInFlightRequestsPerConnection: 6, enableIdempotence: false }))
  })

  it('warns once where retries may reorder', () => {
    const warnings: string[] = []
    const logger = { warn: (message: string) => void warnings.push(message) }
    const kafka = new Kafka({ bootstrapServers, logger })
    for (const options of [{}, { acks: '0' }, { acks: '1', retries: 0 }, { acks: '1', maxInFlightRequestsPerConnection: 1 }] as const) {
      assert.ok(kafka.producer(options))
      assert.deepEqual(warnings, [])
    }
    assert.ok(kafka.producer({ acks: '1' }))
    assert.ok(kafka.producer({ enableIdempotence: false }))
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /out of order/)
  })

  it('refuses a delivery timeout that no request fits in', () => {
    const kafka = new Kafka({ bootstrapServers })
    assert.throws(() => kafka.producer({ deliveryTimeoutMs: 1000 }), /at least linger\.ms \+ request\.timeout\.ms/)
  })

  it('needs usable bootstrap servers', () => {
    assert.throws(() => new Kafka({}).admin(), /bootstrap\.servers is missing/)
    assert.throws(() => new Kafka({ bootstrapServers: 'localhost' }).admin(), /'localhost' in bootstrap\.servers is not 'host:port'/)
    assert.throws(() => new Kafka({ bootstrapServers: 'a:70000' }).admin(), ConfigError)
    assert.ok(new Kafka({ bootstrapServers: ['[::1]:9092', 'b:1'] }).admin())
  })

  it('prints no secret', () => {
    const kafka = new Kafka({
      bootstrapServers,
      sslKeyPassword: 'hush',
      properties: { 'ssl.keystore.key': 'hush' },
      tls: { passphrase: 'hush' },
    })
    const printed = `${inspect(kafka)} ${JSON.stringify(kafka)}`
    assert.ok(!printed.includes('hush'))
    assert.match(printed, /127\.0\.0\.1:9092/)
    assert.throws(
      () => new Kafka({ bootstrapServers, properties: { 'ssl.key.password': 7 } }).admin(),
      (error) => error instanceof ConfigError && error.message.includes('[hidden]'),
    )
  })
})
