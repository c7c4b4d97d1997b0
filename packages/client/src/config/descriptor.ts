/** The language of the configuration tables: one entry a key, from which types, validation and reference pages come. */

interface KeyBase {
  /** Kafka's dotted name. */
  readonly kafka: string
  readonly doc: string
  /** Never printed. */
  readonly secret?: boolean
}

/** A whole number, of 32 or of 64 bits in Java. */
export interface NumberKey extends KeyBase {
  readonly type: 'int' | 'long'
  readonly default: number
  readonly min?: number
  readonly max?: number
  /** A value out of these bounds that is taken too. */
  readonly or?: number
}

export interface BooleanKey extends KeyBase {
  readonly type: 'boolean'
  readonly default: boolean
}

export interface StringKey extends KeyBase {
  readonly type: 'string'
  /** Null: no value unless one is given. */
  readonly default: string | null
  /** Default true. */
  readonly mayBeEmpty?: boolean
}

export interface EnumKey extends KeyBase {
  readonly type: 'enum'
  readonly default: string
  readonly values: readonly string[]
  /** Beside the values, text that begins like this; with what follows, for a person. */
  readonly prefixes?: Readonly<Record<string, string>>
  /** What Kafka takes and this client does not, by why. */
  readonly unsupported?: Readonly<Record<string, string>>
  /** Other spellings, such as Kafka's class names, by what they mean. */
  readonly aliases?: Readonly<Record<string, string>>
}

/** Comma-separated in text form. */
export interface ListKey extends KeyBase {
  readonly type: 'list'
  readonly default: readonly string[]
  /** What an element may be; anything when absent. */
  readonly values?: readonly string[]
  readonly aliases?: Readonly<Record<string, string>>
}

export type ConfigKey = NumberKey | BooleanKey | StringKey | EnumKey | ListKey
export type ConfigTable = Readonly<Record<string, ConfigKey>>

type Widen<T> = T extends null ? string | null : string
type Prefixed<K> = K extends { readonly prefixes: infer P } ? `${keyof P & string}${string}` : never
type ListElement<K> = K extends { readonly values: readonly (infer V)[] } ? V : string

/** Of texts such as '1', the numbers. */
type AsNumber<T> = T extends `${infer N extends number}` ? N : never
type Alias<K> = K extends { readonly aliases: infer A } ? AsNumber<keyof A> : never

/** What a caller may write for a key. */
export type ConfigInput<K> = K extends { readonly type: 'int' | 'long' }
  ? number
  : K extends { readonly type: 'boolean' }
    ? boolean
    : K extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
      ? V | AsNumber<V> | Alias<K> | Prefixed<K>
      : K extends { readonly type: 'list' }
        ? readonly ListElement<K>[] | string
        : string

/** What the client works with once it is resolved. */
export type ConfigValue<K> = K extends { readonly type: 'list' }
  ? readonly ListElement<K>[]
  : K extends { readonly type: 'string'; readonly default: infer D }
    ? Widen<D>
    : K extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
      ? V | Prefixed<K>
      : ConfigInput<K>

export type ConfigInputs<T> = { -readonly [P in keyof T]: ConfigInput<T[P]> | undefined }
export type ConfigValues<T> = { readonly [P in keyof T]: ConfigValue<T[P]> }
