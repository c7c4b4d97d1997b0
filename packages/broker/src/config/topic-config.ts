/** A topic's configuration as it stands: its own values over the broker's defaults over Kafka's. */

import type { CodecName } from '@odradek/runtime'
import type { LogConfig } from '../storage/log-config.ts'
import type { BrokerConfig, ConfigText } from './broker-config.ts'
import { ConfigSources, unknownKey } from './broker-config.ts'
import type { BrokerKey } from './broker-keys.ts'
import { brokerKeys } from './broker-keys.ts'
import type { ConfigValue } from './config-key.ts'
import { ConfigError, parseValue } from './config-key.ts'
import type { TopicKey, TopicValues } from './topic-keys.ts'
import { isTopicKey, topicKeys } from './topic-keys.ts'

interface Synonym {
  readonly name: BrokerKey
  /** What to multiply the broker's value with. */
  readonly factor: number
}

const hourMs = 3_600_000

const exact = (name: BrokerKey): Synonym => ({ name, factor: 1 })

/** The broker keys that stand behind a topic key, strongest first. */
export const brokerSynonyms: Partial<Record<TopicKey, readonly Synonym[]>> = {
  'cleanup.policy': [exact('log.cleanup.policy')],
  'compression.gzip.level': [exact('compression.gzip.level')],
  'compression.lz4.level': [exact('compression.lz4.level')],
  'compression.type': [exact('compression.type')],
  'compression.zstd.level': [exact('compression.zstd.level')],
  'delete.retention.ms': [exact('log.cleaner.delete.retention.ms')],
  'file.delete.delay.ms': [exact('log.segment.delete.delay.ms')],
  'flush.messages': [exact('log.flush.interval.messages')],
  'flush.ms': [exact('log.flush.interval.ms'), exact('log.flush.scheduler.interval.ms')],
  'index.interval.bytes': [exact('log.index.interval.bytes')],
  'max.compaction.lag.ms': [exact('log.cleaner.max.compaction.lag.ms')],
  'max.message.bytes': [exact('message.max.bytes')],
  'message.timestamp.after.max.ms': [exact('log.message.timestamp.after.max.ms')],
  'message.timestamp.before.max.ms': [exact('log.message.timestamp.before.max.ms')],
  'message.timestamp.type': [exact('log.message.timestamp.type')],
  'min.cleanable.dirty.ratio': [exact('log.cleaner.min.cleanable.ratio')],
  'min.compaction.lag.ms': [exact('log.cleaner.min.compaction.lag.ms')],
  'min.insync.replicas': [exact('min.insync.replicas')],
  'retention.bytes': [exact('log.retention.bytes')],
  'retention.ms': [
    exact('log.retention.ms'),
    { name: 'log.retention.minutes', factor: 60_000 },
    { name: 'log.retention.hours', factor: hourMs },
  ],
  'segment.bytes': [exact('log.segment.bytes')],
  'segment.index.bytes': [exact('log.index.size.max.bytes')],
  'segment.jitter.ms': [exact('log.roll.jitter.ms'), { name: 'log.roll.jitter.hours', factor: hourMs }],
  'segment.ms': [exact('log.roll.ms'), { name: 'log.roll.hours', factor: hourMs }],
}

/** Checks a topic's own values. Throws ConfigError that names the key, and the nearest one when it is unknown. */
export function checkTopicConfigs(configs: Iterable<readonly [string, string]>): void {
  for (const [name, text] of configs) {
    if (!isTopicKey(name)) throw new ConfigError(unknownKey('topic', name, Object.keys(topicKeys)))
    parseValue(name, topicKeys[name], text)
  }
}

export function topicValue<Key extends TopicKey>(configs: ReadonlyMap<string, string>, broker: BrokerConfig, name: Key): TopicValues[Key] {
  const own = configs.get(name)
  const value = own === undefined ? brokerDefault(broker, name) : parseValue(name, topicKeys[name], own)
  return value as TopicValues[Key]
}

function brokerDefault(broker: BrokerConfig, name: TopicKey): ConfigValue {
  for (const synonym of brokerSynonyms[name] ?? []) {
    const value = broker.get(synonym.name)
    if (value === null) continue
    return typeof value === 'number' && value > 0 ? value * synonym.factor : value
  }
  return topicKeys[name].default
}

/** Every place that sets a topic key, the one that counts first, with the name that it has there. */
export function topicSources(
  configs: ReadonlyMap<string, string>,
  broker: BrokerConfig,
  name: TopicKey,
): (ConfigText & { name: string })[] {
  const own = configs.get(name)
  const found: (ConfigText & { name: string })[] = own === undefined ? [] : [{ name, text: own, source: ConfigSources.Topic }]
  for (const synonym of brokerSynonyms[name] ?? []) {
    for (const place of broker.sources(synonym.name)) {
      if (place.source === ConfigSources.Default && brokerKeys[synonym.name].default === null) continue
      found.push({ ...place, name: synonym.name })
    }
  }
  return found
}

/** What the log of a partition has to know. */
export function logConfigOf(configs: ReadonlyMap<string, string>, broker: BrokerConfig): LogConfig {
  const value = <Key extends TopicKey>(name: Key): TopicValues[Key] => topicValue(configs, broker, name)
  const policies = value('cleanup.policy')
  const compressionType = value('compression.type') as 'producer' | 'uncompressed' | CodecName
  return {
    segmentBytes: value('segment.bytes'),
    segmentMs: value('segment.ms'),
    segmentJitterMs: value('segment.jitter.ms'),
    segmentIndexBytes: value('segment.index.bytes'),
    indexIntervalBytes: value('index.interval.bytes'),
    flushMessages: value('flush.messages'),
    flushMs: value('flush.ms'),
    retentionBytes: value('retention.bytes'),
    retentionMs: value('retention.ms'),
    fileDeleteDelayMs: value('file.delete.delay.ms'),
    cleanupDelete: policies.includes('delete'),
    cleanupCompact: policies.includes('compact'),
    deleteRetentionMs: value('delete.retention.ms'),
    minCompactionLagMs: value('min.compaction.lag.ms'),
    maxCompactionLagMs: value('max.compaction.lag.ms'),
    minCleanableDirtyRatio: value('min.cleanable.dirty.ratio'),
    maxMessageBytes: value('max.message.bytes'),
    compressionType,
    compressionLevel: compressionLevel(compressionType, value),
    timestampType: value('message.timestamp.type') as 'CreateTime' | 'LogAppendTime',
    timestampBeforeMaxMs: value('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: value('message.timestamp.after.max.ms'),
  }
}

function compressionLevel(
  type: string,
  value: (name: 'compression.gzip.level' | 'compression.lz4.level' | 'compression.zstd.level') => number,
): number | undefined {
  switch (type) {
    case 'gzip': {
      const level = value('compression.gzip.level')
      return level === -1 ? undefined : level
    }
    case 'lz4':
      return value('compression.lz4.level')
    case 'zstd':
      return value('compression.zstd.level')
    default:
      return undefined
  }
}
