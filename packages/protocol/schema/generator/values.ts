/** TypeScript types, defaults and comparisons with the default, for each type of the schema language. */

import type { ResolvedField, ResolvedType } from './resolve.ts'

export type Direction = 'decoded' | 'input'

/** The TypeScript type of a field, null included. */
export function typeOf(field: ResolvedField, direction: Direction): string {
  const type = field.hex ? 'string' : typeName(field.type, direction)
  return field.nullable === undefined ? type : `${type} | null`
}

export function typeName(type: ResolvedType, direction: Direction): string {
  if (type.kind === 'struct') return structType(type.struct.typeName, direction)
  if (type.kind === 'array') {
    return direction === 'decoded' ? `${typeName(type.element, direction)}[]` : `readonly ${typeName(type.element, direction)}[]`
  }
  switch (type.name) {
    case 'bool':
      return 'boolean'
    case 'string':
    case 'uuid':
      return 'string'
    case 'bytes':
      return direction === 'decoded' ? 'Buffer' : 'Uint8Array'
    case 'records':
      return direction === 'decoded' ? 'Buffer' : 'readonly Uint8Array[] | Uint8Array'
    default:
      return 'number'
  }
}

export function structType(name: string, direction: Direction): string {
  return direction === 'decoded' ? name : `${name}Input`
}

/** The default of a field as an expression. */
export function defaultOf(field: ResolvedField): string {
  if (field.hex) return "'0000000000000000'"
  if (field.default !== undefined) return field.unbounded ? 'Number.MAX_SAFE_INTEGER' : literal(field.default)
  const { type } = field
  if (type.kind === 'struct') return `empty${type.struct.typeName}`
  if (type.kind === 'array') return '[]'
  switch (type.name) {
    case 'bool':
      return 'false'
    case 'string':
      return "''"
    case 'uuid':
      return 'zeroUuid'
    case 'bytes':
      return 'emptyBytes'
    case 'records':
      return field.nullable === undefined ? 'emptyBytes' : 'null'
    default:
      return '0'
  }
}

function literal(value: string | number | boolean | null): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

/** The value to encode: the default where it was left out. */
export function valueOf(field: ResolvedField): string {
  const value = `message.${field.name}`
  if (!field.optional) return value
  const zero = defaultOf(field)
  return field.nullable === undefined || zero === 'null' ? `${value} ?? ${zero}` : `${value} === undefined ? ${zero} : ${value}`
}

/** Whether the value differs from its default, and so must not be lost. */
export function isSet(field: ResolvedField): string {
  const value = `message.${field.name}`
  const zero = defaultOf(field)
  const given = field.optional ? `${value} !== undefined && ` : ''
  if (zero === 'null') return field.optional ? `${value} !== undefined && ${value} !== null` : `${value} !== null`
  const { type } = field
  const orNull = field.nullable === undefined ? '' : `${value} === null || `
  if (type.kind === 'struct') return `${given}${group(`${orNull}!isEmpty${type.struct.typeName}(${value})`, orNull)}`
  if (zero === '[]' || zero === 'emptyBytes') return `${given}${group(`${orNull}${value}.length !== 0`, orNull)}`
  return `${given}${value} !== ${zero}`
}

function group(expression: string, orNull: string): string {
  return orNull === '' ? expression : `(${expression})`
}
