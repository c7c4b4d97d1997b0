/**
 * The schema language: the words in which a fact file states an API, a record of an internal topic, or another message.
 * Facts only: nothing here encodes or decodes. The generator turns the facts into straight-line code.
 *
 * A field is present in every version of its message unless it says otherwise:
 * `.since(n)`, `.until(n)`, `.versions(a, b)` (inclusive) limit it, `.nullable()` allows null, `.tag(n)` makes it a tagged field (KIP-482).
 */

export type PrimitiveName =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint16'
  | 'uint32'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

export type FieldType =
  | { readonly kind: 'primitive'; readonly name: PrimitiveName }
  | { readonly kind: 'array'; readonly element: FieldType }
  | { readonly kind: 'struct'; readonly struct: Struct }

/** Field names are Kafka's, in lowerCamelCase; their order is the order on the wire. */
export type Fields = Readonly<Record<string, Field>>

export interface Struct {
  /** Kafka's name for the struct. */
  readonly name: string
  readonly fields: Fields
}

export type DefaultValue = number | string | boolean | null

/**
 * The default of an int64 that is Java's `Long.MAX_VALUE`, which a `number` cannot hold. Such a field reads and writes
 * `Number.MAX_SAFE_INTEGER` for it: the only place where an integer beyond 2^53−1 on the wire is not an error.
 */
export const unbounded: number = Number.MAX_SAFE_INTEGER

/** `to` is Infinity for "and all later versions". */
export interface VersionRange {
  readonly from: number
  readonly to: number
}

export interface FieldFacts {
  readonly type: FieldType
  readonly versions: VersionRange
  readonly nullable?: VersionRange
  readonly tag?: number
  /** Absent: the zero of the type (0, false, '', no elements, the zero uuid). */
  readonly default?: DefaultValue
  /** A sender may drop a non-default value in a version that lacks the field. Otherwise encoding it is an error. */
  readonly ignorable?: true
  /** Part of the key of its array, whose keys are unique. */
  readonly mapKey?: true
  /** Keeps the two-byte length of a string even in flexible versions. */
  readonly neverCompact?: true
  /** All 64 bits count (a hash): the value is a string of 16 hexadecimal digits. */
  readonly hex?: true
}

const allVersions: VersionRange = { from: 0, to: Number.POSITIVE_INFINITY }

export class Field {
  readonly facts: FieldFacts

  constructor(facts: FieldFacts) {
    this.facts = facts
  }

  since(from: number): Field {
    return this.with({ versions: { from, to: this.facts.versions.to } })
  }

  until(to: number): Field {
    return this.with({ versions: { from: this.facts.versions.from, to } })
  }

  versions(from: number, to: number): Field {
    return this.with({ versions: { from, to } })
  }

  /** Null is allowed in versions `from` to `to`; in all of the field's versions when they are not given. */
  nullable(from = 0, to: number = Number.POSITIVE_INFINITY): Field {
    return this.with({ nullable: { from, to } })
  }

  /** A tagged field: sent only when it differs from its default, skipped by those who do not know it. */
  tag(tag: number): Field {
    return this.with({ tag })
  }

  default(value: DefaultValue): Field {
    return this.with({ default: value })
  }

  ignorable(): Field {
    return this.with({ ignorable: true })
  }

  mapKey(): Field {
    return this.with({ mapKey: true })
  }

  neverCompact(): Field {
    return this.with({ neverCompact: true })
  }

  hex(): Field {
    return this.with({ hex: true })
  }

  private with(facts: Partial<FieldFacts>): Field {
    return new Field({ ...this.facts, ...facts })
  }
}

function primitive(name: PrimitiveName): Field {
  return new Field({ type: { kind: 'primitive', name }, versions: allVersions })
}

export const bool: Field = primitive('bool')
export const int8: Field = primitive('int8')
export const int16: Field = primitive('int16')
export const int32: Field = primitive('int32')
export const int64: Field = primitive('int64')
export const uint16: Field = primitive('uint16')
export const uint32: Field = primitive('uint32')
export const float64: Field = primitive('float64')
export const uuid: Field = primitive('uuid')
export const string: Field = primitive('string')
export const bytes: Field = primitive('bytes')
/** Record batches, kept by reference when encoded and a view of the frame when decoded. */
export const records: Field = primitive('records')

export function array(element: Field): Field {
  return new Field({ type: { kind: 'array', element: element.facts.type }, versions: allVersions })
}

export function struct(name: string, fields: Fields): Field {
  return new Field({ type: { kind: 'struct', struct: { name, fields } }, versions: allVersions })
}
