/** From what a caller wrote to checked values: names, types and bounds, with the nearest name in every complaint. */

import { nearestName } from '@odradek/protocol'
import { ConfigError } from '../errors/kafka-error.ts'
import { foreignKeys, isForJava } from './foreign-keys.ts'
import type { ConfigInputs, ConfigKey, ConfigTable, ConfigValues, EnumKey, ListKey, NumberKey } from './descriptor.ts'

const HIDDEN = '[hidden]'
const MAX_INT = 2_147_483_647
const LONG_BOUND = 2 ** 63

/** The values of one table, options before properties before defaults. Throws ConfigError on a value that the key does not take. */
export function resolveConfig<T extends ConfigTable>(
  table: T,
  options: Partial<ConfigInputs<T>>,
  properties: Readonly<Record<string, unknown>> = {},
): ConfigValues<T> {
  const values: Record<string, unknown> = {}
  for (const [name, key] of Object.entries(table)) {
    const written = (options as Readonly<Record<string, unknown>>)[name] ?? properties[key.kafka] ?? properties[name]
    values[name] = written === undefined ? key.default : checkValue(key, written)
  }
  return values as ConfigValues<T>
}

/** Throws ConfigError on the first key of `options` that is neither in a table nor in `others`. */
export function rejectUnknownOptions(options: object, tables: readonly ConfigTable[], others: readonly string[]): void {
  const known = [...tables.flatMap((table) => Object.keys(table)), ...others]
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw unknownKey('option', name, known, tables)
  }
}

/** Throws ConfigError on the first property that no table has, under Kafka's name or ours, and that Java's clients do not have either. */
export function rejectUnknownProperties(properties: Readonly<Record<string, unknown>>, tables: readonly ConfigTable[]): void {
  const known = tables.flatMap((table) => Object.entries(table).flatMap(([name, key]) => [key.kafka, name]))
  for (const [name, value] of Object.entries(properties)) {
    if (!known.includes(name) && !isForJava(name, value)) throw unknownKey('property', name, known, tables)
  }
}

function unknownKey(what: string, name: string, known: readonly string[], tables: readonly ConfigTable[]): ConfigError {
  for (const table of tables) {
    const ours = Object.entries(table).find(([, key]) => key.kafka === name)?.[0]
    if (ours !== undefined) return new ConfigError(`Unknown ${what} '${name}': as an option it is called '${ours}'`)
  }
  const advice = foreignKeys[name]
  if (advice !== undefined) return new ConfigError(`The ${what} '${name}' is not taken: ${advice}`)
  const nearest = nearestName(name, known)
  return new ConfigError(`Unknown ${what} '${name}'${nearest === undefined ? '' : `; did you mean '${nearest}'?`}`)
}

/** Throws ConfigError when `value`, as the caller wrote it, is not one of the key's. */
export function checkValue(key: ConfigKey, value: unknown): unknown {
  switch (key.type) {
    case 'int':
    case 'long':
      return checkNumber(key, value)
    case 'boolean':
      if (value === true || value === 'true') return true
      if (value === false || value === 'false') return false
      throw new ConfigError(`${key.kafka} must be true or false, not ${show(key, value)}`)
    case 'string':
      if (value === '' && key.mayBeEmpty === false) throw new ConfigError(`${key.kafka} must not be empty`)
      if (typeof value === 'string') return value
      throw new ConfigError(`${key.kafka} must be a string, not ${show(key, value)}`)
    case 'enum':
      return checkEnum(key, String(value))
    case 'list':
      return checkList(key, value)
  }
}

function checkNumber(key: NumberKey, written: unknown): number {
  const asked = typeof written === 'string' && written.trim() !== '' ? Number(written) : written
  // Java's longs go further than numbers are exact: whoever writes one of those means for ever.
  const value = key.type === 'long' && typeof asked === 'number' && Math.abs(asked) <= LONG_BOUND ? saturated(asked) : asked
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new ConfigError(`${key.kafka} must be a whole number, not ${show(key, written)}`)
  const most = key.type === 'int' ? MAX_INT : Number.MAX_SAFE_INTEGER
  const { min = -most, max = most } = key
  if ((value >= min && value <= max) || value === key.or) return value
  const bounds = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `between ${min} and ${max}`
  throw new ConfigError(`${key.kafka} must be ${bounds}${key.or === undefined ? '' : `, or ${key.or}`}, not ${value}`)
}

function saturated(value: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value))
}

function checkEnum(key: EnumKey, value: string): string {
  const { values, aliases, prefixes = {}, unsupported = {} } = key
  const why = unsupported[value]
  if (why !== undefined) throw new ConfigError(`${key.kafka} cannot be '${value}': ${why}`)
  if (Object.keys(prefixes).some((prefix) => value.startsWith(prefix))) return value
  const open = Object.entries(prefixes).map(([prefix, rest]) => `${prefix}<${rest}>`)
  return checkChoice(key, values, aliases, value, open)
}

/** `open` are choices that are not one value but many, as they are shown. */
function checkChoice(
  key: ConfigKey,
  values: readonly string[],
  aliases: Readonly<Record<string, string>> | undefined,
  value: string,
  open: readonly string[] = [],
): string {
  if (values.includes(value)) return value
  const alias = aliases?.[value]
  if (alias !== undefined) return alias
  const nearest = nearestName(value, values)
  const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`
  const choices = [...values, ...open].map((choice) => `'${choice}'`).join(', ')
  throw new ConfigError(`${key.kafka} must be ${choices}, not ${show(key, value)}${hint}`)
}

function checkList(key: ListKey, value: unknown): readonly string[] {
  const parts = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) {
    throw new ConfigError(`${key.kafka} must be a list of strings, not ${show(key, value)}`)
  }
  const elements = parts.map((part) => part.trim()).filter((part) => part !== '')
  const { values } = key
  return values === undefined ? elements : elements.map((element) => checkChoice(key, values, key.aliases, element))
}

function show(key: ConfigKey, value: unknown): string {
  return key.secret === true ? HIDDEN : JSON.stringify(value)
}

/** What was written, for printing: secrets hidden, wherever they stand. */
export function redactOptions(options: Readonly<Record<string, unknown>>, tables: readonly ConfigTable[]): Record<string, unknown> {
  const secrets = new Set(
    tables.flatMap((table) => Object.entries(table).flatMap(([name, key]) => (key.secret === true ? [name, key.kafka] : []))),
  )
  const redact = (entries: object): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(entries).map(([name, value]: [string, unknown]) => [name, secrets.has(name) && value !== undefined ? HIDDEN : value]),
    )
  const { properties, tls, logger, tracing, runtime, ...keys } = options
  return {
    ...redact(keys),
    ...(properties === undefined ? {} : { properties: redact(properties as object) }),
    ...(tls === undefined ? {} : { tls: HIDDEN }),
    ...(logger === undefined ? {} : { logger: 'given' }),
    ...(tracing === undefined ? {} : { tracing: 'given' }),
    ...(runtime === undefined ? {} : { runtime: 'given' }),
  }
}
