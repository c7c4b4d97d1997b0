/** One configuration key as data: type, default, bounds, where it may change, and how its text is read. */

/** Null where Kafka's default is null: not set. */
export type ConfigValue = boolean | number | string | readonly string[] | null

export type ConfigType = 'boolean' | 'int' | 'long' | 'short' | 'double' | 'string' | 'list' | 'password'

/** read-only: at start alone. cluster-wide: through IncrementalAlterConfigs while it runs, for one broker or for all. */
export type UpdateMode = 'read-only' | 'cluster-wide'

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

type KeyOptions<Value extends ConfigValue> = Partial<Pick<ConfigKey<Value>, 'min' | 'max' | 'choices' | 'check'>>

/** Describes one key; a table of these is the whole of a configuration. */
export function key<Value extends ConfigValue>(
  type: ConfigType,
  value: Value,
  update: UpdateMode,
  doc: string,
  options?: KeyOptions<Value>,
): ConfigKey<Value> {
  return { type, default: value, update, doc, ...options }
}

export class ConfigError extends Error {
  override readonly name: string = 'ConfigError'
}

const integerBounds: Partial<Record<ConfigType, readonly [number, number]>> = {
  short: [-32768, 32767],
  int: [-2147483648, 2147483647],
}

/** A value as programs give it: its text, or the number or boolean itself. */
export type ConfigInput = string | number | boolean

/** The text of a value. Throws `ConfigError` that names the key for what the types do not allow and JavaScript does. */
export function configText(name: string, value: ConfigInput): string {
  const given: unknown = value
  if (typeof given === 'string') return given
  if (typeof given === 'number' || typeof given === 'boolean') return String(given)
  throw new ConfigError(
    `Invalid value of type ${given === null ? 'null' : typeof given} for configuration ${name}: Expected a string, a number or a boolean`,
  )
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
  if (value === null) return ''
  if (typeof value === 'number' && !Number.isFinite(value)) return '9223372036854775807'
  return typeof value === 'object' ? value.join(',') : String(value).replace('e+', 'E')
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

/** Longs beyond 2^53 become Infinity: users write Long.MAX_VALUE to say "for ever". */
function parseInteger(name: string, type: 'short' | 'int' | 'long', text: string): number {
  const value = Number(text)
  const [min, max] = integerBounds[type] ?? [-(2 ** 63), 2 ** 63]
  if (!/^[+-]?\d+$/.test(text) || value < min || value > max) throw invalid(name, text, `Not a number of type ${type.toUpperCase()}`)
  return Number.isSafeInteger(value) ? value : Math.sign(value) * Number.POSITIVE_INFINITY
}

function boundsProblem(key: ConfigKey, value: ConfigValue): string | undefined {
  if (typeof value !== 'number') return undefined
  if (key.min !== undefined && value < key.min) return `Value must be at least ${key.min}`
  if (key.max !== undefined && value > key.max) return `Value must be no more than ${key.max}`
  return undefined
}

function choiceProblem(key: ConfigKey, value: ConfigValue): string | undefined {
  const choices = key.choices
  if (choices === undefined || value === null || typeof value === 'number' || typeof value === 'boolean') return undefined
  const elements = typeof value === 'string' ? [value] : value
  if (elements.every((element) => choices.includes(element))) return undefined
  return `String must be one of: ${choices.join(', ')}`
}
