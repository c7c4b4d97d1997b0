/** The broker's configuration as it stands: fixed values from the start, dynamic ones laid over them. */

import { nearestName } from '@odradek/protocol'
import type { BrokerKey, BrokerValues } from './broker-keys.ts'
import { brokerKeys, isBrokerKey } from './broker-keys.ts'
import type { ConfigInput } from './config-key.ts'
import { ConfigError, configText, parseValue } from './config-key.ts'
import { knownBrokerKeys } from './known-broker-keys.ts'
import { isWildcard, parseListeners, securityProtocolOf } from './listeners.ts'

/** Kafka's older names of keys. */
const aliases: Readonly<Record<string, BrokerKey>> = { 'broker.id': 'node.id', 'log.dir': 'log.dirs' }

/** Where a value comes from, strongest first; the codes are DescribeConfigs' own. */
export const ConfigSources = { Topic: 1, DynamicBroker: 2, DynamicDefault: 3, Static: 4, Default: 5, Group: 8 } as const

export interface ConfigText {
  /** Undefined for a default. */
  readonly text: string | undefined
  readonly source: number
}

export interface ParsedBrokerConfig {
  readonly config: BrokerConfig
  /** A line for each key that Kafka has and this broker does not act on. */
  readonly warnings: readonly string[]
}

export class BrokerConfig {
  readonly #static: ReadonlyMap<BrokerKey, string>
  #dynamicDefault: ReadonlyMap<BrokerKey, string> = new Map()
  #dynamicBroker: ReadonlyMap<BrokerKey, string> = new Map()
  #values: BrokerValues
  readonly #listeners = new Set<() => void>()

  constructor(texts: ReadonlyMap<BrokerKey, string> = new Map()) {
    this.#static = texts
    this.#values = this.#evaluate()
    const problem = listenerProblem(this.#values)
    if (problem !== undefined) throw new ConfigError(problem)
  }

  get<Key extends BrokerKey>(name: Key): BrokerValues[Key] {
    return this.#values[name]
  }

  /** Every place that sets `name`, the one that counts first; the default is always last. */
  sources(name: BrokerKey): ConfigText[] {
    const found: ConfigText[] = []
    const broker = this.#dynamicBroker.get(name)
    if (broker !== undefined) found.push({ text: broker, source: ConfigSources.DynamicBroker })
    const cluster = this.#dynamicDefault.get(name)
    if (cluster !== undefined) found.push({ text: cluster, source: ConfigSources.DynamicDefault })
    const fixed = this.#static.get(name)
    if (fixed !== undefined) found.push({ text: fixed, source: ConfigSources.Static })
    found.push({ text: undefined, source: ConfigSources.Default })
    return found
  }

  /** Replaces the dynamic values. Throws ConfigError, and changes nothing, when one is not valid. */
  setDynamic(clusterWide: ReadonlyMap<BrokerKey, string>, broker: ReadonlyMap<BrokerKey, string>): void {
    const before = [this.#dynamicDefault, this.#dynamicBroker] as const
    this.#dynamicDefault = clusterWide
    this.#dynamicBroker = broker
    try {
      this.#values = this.#evaluate()
    } catch (error) {
      ;[this.#dynamicDefault, this.#dynamicBroker] = before
      throw error
    }
    for (const listener of this.#listeners) listener()
  }

  /** Calls `listener` after dynamic values have changed. Returns the unsubscriber. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #evaluate(): BrokerValues {
    const values: Record<string, unknown> = {}
    for (const name of Object.keys(brokerKeys)) {
      if (!isBrokerKey(name)) continue
      const text = this.#dynamicBroker.get(name) ?? this.#dynamicDefault.get(name) ?? this.#static.get(name)
      values[name] = text === undefined ? brokerKeys[name].default : parseValue(name, brokerKeys[name], text)
    }
    return values as object as BrokerValues
  }
}

/**
 * Reads Kafka's broker properties. Throws ConfigError for a value that is not valid and for a key that Kafka does not have either,
 * naming the nearest one.
 */
export function parseBrokerConfig(properties: Readonly<Record<string, ConfigInput>>): ParsedBrokerConfig {
  const texts = new Map<BrokerKey, string>()
  const warnings: string[] = []
  for (const [given, value] of Object.entries(properties)) {
    const name = aliases[given] ?? given
    const text = configText(given, value)
    if (isBrokerKey(name)) texts.set(name, text)
    else if (isKnown(name)) warnings.push(`configuration ${name} is one of Kafka's that this broker does not act on`)
    else throw new ConfigError(unknownKey('broker', name, [...Object.keys(brokerKeys), ...knownBrokerKeys]))
  }
  return { config: new BrokerConfig(texts), warnings }
}

export function unknownKey(kind: 'broker' | 'topic', name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates)
  return `Unknown ${kind} configuration ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
}

/** Per-listener settings (listener.name.…) and a plug-in's own keys are Kafka's as well. */
function isKnown(name: string): boolean {
  return knownBrokerKeys.has(name) || /^(listener\.name|rlmm\.config|rsm\.config|internal)\./.test(name)
}

function listenerProblem(values: BrokerValues): string | undefined {
  const map = values['listener.security.protocol.map']
  const bound = parseListeners(values.listeners)
  for (const { name } of bound) {
    const protocol = securityProtocolOf(name, map)
    if (protocol === undefined) return `Listener ${name} has no security protocol: add it to listener.security.protocol.map`
    if (protocol !== 'PLAINTEXT') return `Listener ${name} asks for ${protocol}: this broker serves PLAINTEXT listeners only`
  }
  const advertised = parseListeners(values['advertised.listeners'] ?? [])
  const stray = advertised.find(({ name }) => !bound.some((listener) => listener.name === name))
  if (stray !== undefined) return `advertised.listeners names ${stray.name}, which is not among listeners`
  const missing = bound.find(
    ({ name, host }) => advertised.length > 0 && !isWildcard(host) && !advertised.some((other) => other.name === name),
  )
  return missing === undefined ? undefined : `advertised.listeners lacks listener ${missing.name}`
}
