/** The three kinds of definition a fact file can export: an API, a record of an internal topic, a message of its own. */

import type { Fields } from './language.ts'

/** First and last version, both inclusive. */
export type Versions = readonly [number, number]

/** First flexible version (KIP-482): compact lengths and tagged fields. */
export type Flexible = number | 'never'

export interface ApiDefinition {
  readonly kind: 'api'
  readonly name: string
  readonly key: number
  readonly versions: Versions
  readonly flexible: Flexible
  /** What a broker states in ApiVersions, where that is not `versions`. */
  readonly advertised?: Versions
  readonly request: Fields
  readonly response: Fields
}

/** Key and value of one record type in `__consumer_offsets` or `__transaction_state`. */
export interface RecordDefinition {
  readonly kind: 'record'
  readonly name: string
  readonly topic: '__consumer_offsets' | '__transaction_state'
  /** Starts the key, as an int16; the value starts with its version. */
  readonly type: number
  readonly key: Fields
  readonly value: { readonly versions: Versions; readonly flexible: Flexible; readonly fields: Fields }
}

/** A message that is neither: a header, or bytes that the consumer protocol carries inside a group's messages. */
export interface MessageDefinition {
  readonly kind: 'message'
  readonly name: string
  /** `envelope`: a part of a frame. `embedded`: stands alone after its int16 version, and a newer version is read as the newest known. */
  readonly use: 'envelope' | 'embedded'
  readonly versions: Versions
  readonly flexible: Flexible
  readonly fields: Fields
}

export type Definition = ApiDefinition | RecordDefinition | MessageDefinition

export function api(facts: Omit<ApiDefinition, 'kind'>): ApiDefinition {
  return { kind: 'api', ...facts }
}

export function record(facts: Omit<RecordDefinition, 'kind'>): RecordDefinition {
  return { kind: 'record', ...facts }
}

export function message(facts: Omit<MessageDefinition, 'kind'>): MessageDefinition {
  return { kind: 'message', ...facts }
}
