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
        error.message.startsWith("The property 'compression.lz4.level' is not taken: the lz4 library in use compresses at one level only"),
    )
    const options = { bootstrapServers, 'key.serializer': 'a.b.C' }
    assert.throws(() => new Kafka(options), /as the option key/)
  })

  it('ignores what a Java client’s properties say of Java, with one warning, but no typo', () => {
    const warnings: string[] = []
    const logger = { warn: (message: string) => void warnings.push(message) }
    const properties = {
      'bootstrap.servers': bootstrapServers,
      acks: 'all',
      'key.serializer': 'org.apache.kafka.common.serialization.StringSerializer',
      'value.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
      'max.block.ms': '9223372036854775807',
      'send.buffer.bytes': '131072',
      'receive.buffer.bytes': '32768',
      'metric.reporters': '',
      'metrics.context.cluster': 'a',
      'enable.metrics.push': 'false',
      'interceptor.classes': 'com.example.Audit',
      'partitioner.class': 'com.example.ByRegion',
      'auto.include.jmx.reporter': 'true',
      'security.providers': '',
    }
    const kafka = new Kafka({ properties, logger })
    assert.ok(kafka.producer() && kafka.producer() && kafka.consumer({ groupId: 'g' }) && kafka.admin())
    assert.equal(warnings.length, 1)
    for (const name of Object.keys(properties).slice(5)) assert.match(warnings[0] ?? '', new RegExp(name.replaceAll('.', '\\.')))
    assert.match(warnings[0] ?? '', /key\.serializer \(give the serializer itself, as the option key\)/)
    assert.doesNotMatch(warnings[0] ?? '', /acks|max\.block\.ms|bootstrap/)
    for (const [typo, value] of [
      ['key.serialiser', 'a.b.C'],
      ['send.buffer.byte', 1],
      ['metrics.num.sample', 2],
      ['partitioner.class', 'stickky'],
      ['partitioner.class', 'org.apache.kafka.clients.producer.RoundRobbin'],
      ['sasl.jaas.config', 'x'],
      ['ssl.truststore.location', 'x'],
    ] as const)
      assert.throws(() => new Kafka({ properties: { ...properties, [typo]: value }, logger }).producer(), ConfigError, typo)
  })

  it('takes Java’s longs as far as numbers go, and no int beyond Java’s', () => {
    const read = (properties: Record<string, string | number>) => resolveConfig(producerKeys, {}, properties)
    assert.equal(read({ 'max.block.ms': '9223372036854775807' }).maxBlockMs, Number.MAX_SAFE_INTEGER)
    assert.equal(read({ 'max.block.ms': 2 ** 63 }).maxBlockMs, Number.MAX_SAFE_INTEGER)
    assert.throws(() => read({ 'max.block.ms': '9.3e18' }), /must be a whole number/)
    assert.throws(() => read({ 'max.block.ms': '1.5' }), /must be a whole number/)
    assert.throws(() => read({ 'max.block.ms': '-9223372036854775807' }), /must be at least 0/)
    assert.equal(read({ retries: '2147483647' }).retries, 2_147_483_647)
    assert.throws(() => read({ retries: '2147483648' }), /retries must be between 0 and 2147483647, not 2147483648/)
    assert.throws(() => read({ 'request.timeout.ms': 1, 'batch.size': 2 ** 31 }), ConfigError)
    for (const level of [-1, 1, 9]) assert.equal(read({ 'compression.gzip.level': level }).compressionGzipLevel, level)
    assert.throws(() => read({ 'compression.gzip.level': 0 }), /between 1 and 9, or -1, not 0/)
  })

  it('takes acks as numbers, as other clients do', () => {
    const kafka = new Kafka({ bootstrapServers, logger: { warn: () => undefined } })
    for (const acks of [1, 0, -1, '1', 'all', '-1'] as const) assert.ok(acks === '-1' || kafka.producer({ acks }))
    assert.throws(() => kafka.producer({ acks: 1, enableIdempotence: true }), /acks is 1/)
    assert.equal(resolveConfig(producerKeys, { acks: -1 }).acks, 'all')
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
    ['a level out of bounds', { 'compression.gzip.level': 12 }, /between 1 and 9, or -1/],
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
