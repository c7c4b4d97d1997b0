import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig, ConfigSources, parseBrokerConfig } from '../../src/config/broker-config.ts'
import { brokerKeys, isBrokerKey } from '../../src/config/broker-keys.ts'
import { ConfigError, formatValue, parseValue } from '../../src/config/config-key.ts'
import { knownBrokerKeys } from '../../src/config/known-broker-keys.ts'
import { checkTopicConfigs, logConfigOf, topicSources, topicValue } from '../../src/config/topic-config.ts'
import { isTopicKey, topicKeys } from '../../src/config/topic-keys.ts'
import { defaultLogConfig } from '../../src/storage/log-config.ts'

function failure(properties: Record<string, string | number>): string {
  try {
    parseBrokerConfig(properties)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message
  }
  assert.fail('accepted')
}

test('an unknown key names the nearest one, and what Kafka has beside ours is only warned about', () => {
  assert.equal(failure({ 'num.partition': '3' }), 'Unknown broker configuration num.partition; did you mean num.partitions?')
  assert.match(failure({ quite_something_else: '1' }), /^Unknown broker configuration quite_something_else$/)
  const { warnings } = parseBrokerConfig({
    'num.io.threads': '4',
    'listener.name.internal.ssl.keystore.location': '/x',
    'num.partitions': '3',
  })
  assert.equal(warnings.length, 2)
  assert.match(warnings[0] ?? '', /num\.io\.threads/)
})

test('values are held to their type, bounds and choices', () => {
  assert.match(failure({ 'num.partitions': 'six' }), /Invalid value six for configuration num\.partitions: Not a number of type INT/)
  assert.match(failure({ 'num.partitions': '0' }), /Value must be at least 1/)
  assert.match(failure({ 'num.partitions': '2147483648' }), /Not a number of type INT/)
  assert.match(failure({ 'auto.create.topics.enable': 'yes' }), /either true or false/)
  assert.match(failure({ 'log.cleanup.policy': 'delete,shred' }), /must be one of: compact, delete/)
  assert.match(failure({ 'log.dirs': '/a,/b' }), /One data directory/)
  assert.match(failure({ 'compression.gzip.level': '10' }), /between 1 and 9/)
  assert.match(failure({ 'log.segment.bytes': '1000' }), /at least 1048576/)
})

test('numbers and booleans are as good as their text; what is neither names its key', () => {
  const { config } = parseBrokerConfig({ 'num.partitions': 3, 'auto.create.topics.enable': false, 'min.insync.replicas': '2' })
  assert.deepEqual(
    [config.get('num.partitions'), config.get('auto.create.topics.enable'), config.get('min.insync.replicas')],
    [3, false, 2],
  )
  assert.match(failure({ 'num.partitions': 1.5 }), /Invalid value 1\.5 for configuration num\.partitions: Not a number of type INT/)
  for (const value of [null, undefined, {}, ['1'], 1n]) {
    assert.throws(() => parseBrokerConfig({ 'num.partitions': value as string }), {
      name: 'ConfigError',
      message: /^Invalid value of type \w+ for configuration num\.partitions: Expected a string, a number or a boolean$/,
    })
  }
})

test('every default is a valid value of its own key', () => {
  for (const name of Object.keys(brokerKeys).filter(isBrokerKey)) {
    const value = brokerKeys[name].default
    if (value !== null) assert.deepEqual(parseValue(name, brokerKeys[name], formatValue(value)), value, name)
  }
  for (const name of Object.keys(topicKeys).filter(isTopicKey)) {
    assert.deepEqual(parseValue(name, topicKeys[name], formatValue(topicKeys[name].default)), topicKeys[name].default, name)
  }
})

test('a key is either acted on or only known', () => {
  for (const name of knownBrokerKeys) assert.ok(!isBrokerKey(name), name)
})

test('Long.MAX_VALUE is for ever, in both directions', () => {
  const { config } = parseBrokerConfig({ 'log.flush.interval.messages': '9223372036854775807' })
  assert.equal(config.get('log.flush.interval.messages'), Number.POSITIVE_INFINITY)
  assert.equal(formatValue(Number.POSITIVE_INFINITY), '9223372036854775807')
})

test('older names of keys still work', () => {
  const { config } = parseBrokerConfig({ 'broker.id': '7', 'log.dir': '/data' })
  assert.equal(config.get('node.id'), 7)
  assert.deepEqual(config.get('log.dirs'), ['/data'])
})

test('listeners: protocols, duplicates and what may be advertised', () => {
  assert.match(failure({ listeners: 'EXTERNAL://:9092' }), /Listener EXTERNAL has no security protocol/)
  assert.match(failure({ listeners: 'SSL://:9093' }), /serves PLAINTEXT listeners only/)
  assert.match(failure({ listeners: 'localhost:9092' }), /is not NAME:\/\/host:port/)
  assert.match(failure({ listeners: 'A://:1,B://:1', 'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT' }), /Port 1 is used twice/)
  assert.match(failure({ 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' }), /cannot be advertised/)
  assert.match(failure({ 'advertised.listeners': 'OTHER://host:9092' }), /not among listeners/)
  const { config } = parseBrokerConfig({ listeners: 'INTERNAL://[::1]:0', 'listener.security.protocol.map': 'internal:plaintext' })
  assert.deepEqual(config.get('listeners'), ['INTERNAL://[::1]:0'])
})

test('dynamic values lie over fixed ones, and a bad one changes nothing', () => {
  const config = new BrokerConfig(new Map([['log.retention.ms', '1000']]))
  let changes = 0
  config.onChange(() => changes++)
  config.setDynamic(new Map([['log.retention.ms', '2000']]), new Map([['log.retention.ms', '3000']]))
  assert.equal(config.get('log.retention.ms'), 3000)
  assert.deepEqual(
    config.sources('log.retention.ms').map(({ source }) => source),
    [ConfigSources.DynamicBroker, ConfigSources.DynamicDefault, ConfigSources.Static, ConfigSources.Default],
  )
  assert.throws(() => config.setDynamic(new Map(), new Map([['log.retention.ms', 'x']])), ConfigError)
  assert.equal(config.get('log.retention.ms'), 3000)
  assert.equal(changes, 1)
})

test("a topic's value: its own, else the broker's in the finest unit that is set, else Kafka's", () => {
  const none = new Map<string, string>()
  const retention = (properties: Record<string, string>, own = none): number =>
    topicValue(own, parseBrokerConfig(properties).config, 'retention.ms')
  assert.equal(retention({}), 604_800_000)
  assert.equal(retention({ 'log.retention.hours': '2' }), 7_200_000)
  assert.equal(retention({ 'log.retention.hours': '2', 'log.retention.minutes': '3' }), 180_000)
  assert.equal(retention({ 'log.retention.minutes': '3', 'log.retention.ms': '-1' }), -1)
  assert.equal(retention({ 'log.retention.ms': '5' }, new Map([['retention.ms', '6']])), 6)
  assert.deepEqual(
    topicSources(none, parseBrokerConfig({ 'log.retention.hours': '2' }).config, 'retention.ms').map(({ name, source }) => [name, source]),
    [
      ['log.retention.hours', ConfigSources.Static],
      ['log.retention.hours', ConfigSources.Default],
    ],
  )
})

test('the defaults for logs are those that logs have by themselves', () => {
  assert.deepEqual(logConfigOf(new Map(), new BrokerConfig()), defaultLogConfig)
  const compacted = logConfigOf(
    new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'zstd'],
    ]),
    new BrokerConfig(),
  )
  assert.equal(compacted.cleanupDelete, false)
  assert.equal(compacted.cleanupCompact, true)
  assert.equal(compacted.compressionLevel, 3)
})

test("a topic's settings are checked, unknown ones with a suggestion", () => {
  assert.throws(
    () => checkTopicConfigs([['retention.mss', '1']]),
    /Unknown topic configuration retention\.mss; did you mean retention\.ms\?/,
  )
  assert.throws(() => checkTopicConfigs([['retention.ms', '-2']]), /at least -1/)
  assert.throws(() => checkTopicConfigs([['remote.storage.enable', 'true']]), /Tiered storage/)
  checkTopicConfigs([
    ['retention.ms', '-1'],
    ['cleanup.policy', 'compact,delete'],
  ])
})
