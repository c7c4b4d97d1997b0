/** Settings in the form in which APIs describe them: value, where it comes from, and what stands behind it. */

import type { BrokerConfig, ConfigText } from '../config/broker-config.ts'
import { ConfigSources } from '../config/broker-config.ts'
import type { BrokerKey } from '../config/broker-keys.ts'
import { brokerKeys, isBrokerKey } from '../config/broker-keys.ts'
import type { ConfigKey, ConfigType, ConfigValue } from '../config/config-key.ts'
import { formatValue } from '../config/config-key.ts'
import { topicSources, topicValue } from '../config/topic-config.ts'
import { isTopicKey, topicKeys } from '../config/topic-keys.ts'

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly ConfigSynonym[]
  readonly configType: number
  readonly documentation: string
}

/** DescribeConfigs' codes of value types. */
const typeCodes: Record<ConfigType, number> = { boolean: 1, string: 2, int: 3, short: 4, long: 5, double: 6, list: 7, password: 9 }

export function topicConfigEntries(configs: ReadonlyMap<string, string>, broker: BrokerConfig): ConfigEntry[] {
  return Object.keys(topicKeys)
    .filter(isTopicKey)
    .map((name) => {
      const places = topicSources(configs, broker, name)
      const synonyms = places.map((place) => synonym(place, isTopicKey(place.name) ? topicKeys[place.name] : undefined))
      return entry(name, topicKeys[name], topicValue(configs, broker, name), places[0]?.source ?? ConfigSources.Default, false, synonyms)
    })
}

export function brokerConfigEntries(broker: BrokerConfig): ConfigEntry[] {
  return Object.keys(brokerKeys)
    .filter(isBrokerKey)
    .map((name) => brokerConfigEntry(name, broker))
}

function brokerConfigEntry(name: BrokerKey, broker: BrokerConfig): ConfigEntry {
  const key = brokerKeys[name]
  const places = broker.sources(name)
  const synonyms = places.map((place) => synonym({ ...place, name }, key))
  return entry(name, key, broker.get(name), places[0]?.source ?? ConfigSources.Default, key.update === 'read-only', synonyms)
}

function synonym(place: ConfigText & { readonly name: string }, key: ConfigKey | undefined): ConfigSynonym {
  const described = key ?? (isBrokerKey(place.name) ? brokerKeys[place.name] : undefined)
  return { name: place.name, value: place.text ?? text(described?.default ?? null), source: place.source }
}

function entry(
  name: string,
  key: ConfigKey,
  value: ConfigValue,
  configSource: number,
  readOnly: boolean,
  synonyms: readonly ConfigSynonym[],
): ConfigEntry {
  const isSensitive = key.type === 'password'
  return {
    name,
    value: isSensitive ? null : text(value),
    readOnly,
    configSource,
    isSensitive,
    synonyms: isSensitive ? [] : synonyms,
    configType: typeCodes[key.type],
    documentation: key.doc,
  }
}

function text(value: ConfigValue): string | null {
  return value === null ? null : formatValue(value)
}

/** What has been set for every broker while they run, and nothing else. */
export function clusterConfigEntries(broker: BrokerConfig): ConfigEntry[] {
  return Object.keys(brokerKeys)
    .filter(isBrokerKey)
    .flatMap((name) => {
      const place = broker.sources(name).find(({ source }) => source === ConfigSources.DynamicDefault)
      if (place?.text === undefined) return []
      const key = brokerKeys[name]
      return [entry(name, key, place.text, place.source, false, [synonym({ ...place, name }, key)])]
    })
}
