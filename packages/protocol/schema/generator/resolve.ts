/** Turns facts into what the emitters need: concrete version ranges, TypeScript names, defaults, and structs in order of use. */

import { type DefaultValue, type Field, type Fields, type FieldType, type PrimitiveName, type Struct, unbounded } from '../language.ts'
import type { Flexible, Versions } from '../definitions.ts'
import { structTypeName } from './names.ts'

export interface Range {
  readonly from: number
  readonly to: number
}

export type ResolvedType =
  | { readonly kind: 'primitive'; readonly name: PrimitiveName }
  | { readonly kind: 'array'; readonly element: ResolvedType }
  | { readonly kind: 'struct'; readonly struct: ResolvedStruct }

export interface ResolvedField extends Range {
  readonly name: string
  readonly type: ResolvedType
  readonly nullable: Range | undefined
  readonly tag: number | undefined
  /** undefined: the zero of the type. */
  readonly default: DefaultValue | undefined
  /** May be left out when encoding. */
  readonly optional: boolean
  readonly ignorable: boolean
  readonly neverCompact: boolean
  readonly hex: boolean
  /** The default is Java's Long.MAX_VALUE. */
  readonly unbounded: boolean
}

export interface ResolvedStruct {
  readonly typeName: string
  readonly fields: readonly ResolvedField[]
}

export interface ResolvedMessage {
  readonly name: string
  readonly versions: Range
  /** Infinity when no version is flexible. */
  readonly flexible: number
  /** Inner structs before those that hold them; the message itself is the last. */
  readonly structs: readonly ResolvedStruct[]
  readonly root: ResolvedStruct
}

export function resolveMessage(name: string, apiName: string, versions: Versions, flexible: Flexible, fields: Fields): ResolvedMessage {
  const range = { from: versions[0], to: versions[1] }
  const resolver = new Resolver(name, apiName, range, flexible === 'never' ? Number.POSITIVE_INFINITY : flexible)
  const root = resolver.struct(name, fields)
  return { name, versions: range, flexible: resolver.flexible, structs: resolver.structs, root }
}

class Resolver {
  readonly structs: ResolvedStruct[] = []
  readonly flexible: number
  private readonly messageName: string
  private readonly apiName: string
  private readonly versions: Range
  private readonly shared = new Map<Struct, ResolvedStruct>()

  constructor(messageName: string, apiName: string, versions: Range, flexible: number) {
    this.messageName = messageName
    this.apiName = apiName
    this.versions = versions
    this.flexible = flexible
  }

  struct(typeName: string, fields: Fields): ResolvedStruct {
    const resolved = { typeName, fields: Object.entries(fields).map(([name, field]) => this.field(typeName, name, field)) }
    if (this.structs.some((other) => other.typeName === typeName)) throw new Error(`${typeName} is defined twice`)
    this.structs.push(resolved)
    return resolved
  }

  private field(owner: string, name: string, field: Field): ResolvedField {
    const { facts } = field
    const range = intersect(facts.versions, this.versions)
    if (range === undefined) throw new Error(`${owner}.${name} is in no version of ${this.messageName}`)
    const everywhere = range.from === this.versions.from && range.to === this.versions.to
    const nullable = facts.nullable === undefined ? undefined : intersect(facts.nullable, range)
    if (facts.default === null && nullable === undefined) throw new Error(`${owner}.${name} is null by default, and not nullable`)
    if (facts.tag !== undefined && range.from < this.flexible) throw new Error(`${owner}.${name} is tagged before version ${this.flexible}`)
    return {
      name,
      type: this.type(facts.type),
      ...range,
      nullable,
      tag: facts.tag,
      default: facts.default,
      optional: facts.default !== undefined || facts.tag !== undefined || !everywhere,
      ignorable: facts.ignorable === true,
      neverCompact: facts.neverCompact === true,
      hex: facts.hex === true,
      unbounded: facts.default === unbounded,
    }
  }

  private type(type: FieldType): ResolvedType {
    if (type.kind === 'primitive') return type
    if (type.kind === 'array') return { kind: 'array', element: this.type(type.element) }
    const known = this.shared.get(type.struct)
    if (known !== undefined) return { kind: 'struct', struct: known }
    const struct = this.struct(structTypeName(this.messageName, this.apiName, type.struct.name), type.struct.fields)
    this.shared.set(type.struct, struct)
    return { kind: 'struct', struct }
  }
}

export function intersect(a: Range, b: Range): Range | undefined {
  const from = Math.max(a.from, b.from)
  const to = Math.min(a.to, b.to)
  return from > to ? undefined : { from, to }
}
