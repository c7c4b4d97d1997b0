/** One configuration key as data: type, default, bounds, where it may change, and how its text is read. */

export type ConfigValue = boolean | number | string | readonly string[]

export type ConfigType = 'boolean' | 'int' | 'long' | 'short' | 'double' | 'string' | 'list' | 'password'

/** read-only: at start alone. per-broker and cluster-wide: through IncrementalAlterConfigs while it runs. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

export interface ConfigKey<Value extends ConfigValue = ConfigValue> {
  readonly type: ConfigType
  readonly default: Value
  readonly update: UpdateMode
  readonly doc: string
  /** Inclusive bounds of a number. */
  readonly min?: number
  readonly max?: number
  /** The values that a string, or each element of a list, may have. */
  readonly choices?: readonly string[]
  /** What is wrong with a value of the right type and within the bounds; undefined when nothing is. */
  check?(value: Value): string | undefined
}

export class ConfigError extends Error {
  override readonly name: string = 'ConfigError'
}

const integerBounds: Partial<Record<ConfigType, readonly [number, number]>> = {
  short: [-32768, 32767],
  int: [-2147483648, 2147483647],
  // Kafka's longs reach 2^63 - 1, which users write as "for ever": such values are read as the largest exact integer.
  long: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
}

/** Reads the text of a value. Throws `ConfigError` that names the key, the text and what is wrong with it. */
export function parseValue(name: string, key: ConfigKey, text: string): ConfigValue {
  const value = parseType(name, key, text.trim())
  const problem = boundsProblem(key, value) ?? choiceProblem(key, value) ?? key.check?.(value)
  if (problem !== undefined) throw invalid(name, text, problem)
  return value
}

/** The text form that Kafka's tools show for a value. */
export function formatValue(value: ConfigValue): string {
  return typeof value === 'object' ? value.join(',') : String(value)
}

function invalid(name: string, text: string, problem: string): ConfigError {
  return new ConfigError(`Invalid value ${text} for configuration ${name}: ${problem}`)
}

function parseType(name: string, key: ConfigKey, text: string): ConfigValue {
  switch (key.type) {
    case 'boolean': {
      const lower = text.toLowerCase()
      if (lower !== 'true' && lower !== 'false') throw invalid(name, text, 'Expected value to be either true or false')
      return lower === 'true'
    }
    case 'double': {
      const value = text === '' ? Number.NaN : Number(text)
      if (!Number.isFinite(value)) throw invalid(name, text, 'Not a number of type DOUBLE')
      return value
    }
    case 'list':
      return text === '' ? [] : text.split(',').map((element) => element.trim())
    case 'string':
    case 'password':
      return text
    case 'short':
    case 'int':
    case 'long':
      return parseInteger(name, key.type, text)
  }
}

function parseInteger(name: string, type: 'short' | 'int' | 'long', text: string): number {
  const [min, max] = integerBounds[type] ?? [0, 0]
  if (!/^[+-]?\d+$/.test(text)) throw invalid(name, text, `Not a number of type ${type.toUpperCase()}`)
  const value = Number(text)
  if (type === 'long') return Math.min(max, Math.max(min, value))
  if (value < min || value > max) throw invalid(name, text, `Not a number of type ${type.toUpperCase()}`)
  return value
}

function boundsProblem(key: ConfigKey, value: ConfigValue): string | undefined {
  if (typeof value !== 'number') return undefined
  if (key.min !== undefined && value < key.min) return `Value must be at least ${key.min}`
  if (key.max !== undefined && value > key.max) return `Value must be no more than ${key.max}`
  return undefined
}

function choiceProblem(key: ConfigKey, value: ConfigValue): string | undefined {
  const choices = key.choices
  if (choices === undefined || typeof value === 'number' || typeof value === 'boolean') return undefined
  const elements = typeof value === 'string' ? [value] : value
  if (elements.every((element) => choices.includes(element))) return undefined
  return `String must be one of: ${choices.join(', ')}`
}
