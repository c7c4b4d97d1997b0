/** Arbitrary messages from the facts: every field that a version has, nothing else. */

import fc from 'fast-check'
import type { Field, Fields, FieldType, VersionRange } from '../../schema/index.ts'

export type Message = Record<string, unknown>

export function arbitraryMessage(fields: Fields, version: number): fc.Arbitrary<Message> {
  const present = Object.entries(fields).filter(([, field]) => isWithin(field.facts.versions, version))
  return fc.record(Object.fromEntries(present.map(([name, field]) => [name, arbitraryField(field, version)])))
}

export function isWithin(range: VersionRange | undefined, version: number): boolean {
  return range !== undefined && version >= range.from && version <= range.to
}

function arbitraryField(field: Field, version: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field, field.facts.type, version)
  return isWithin(field.facts.nullable, version) ? fc.option(value, { nil: null, freq: 4 }) : value
}

function arbitraryValue(field: Field, type: FieldType, version: number): fc.Arbitrary<unknown> {
  if (type.kind === 'array') return fc.array(arbitraryValue(field, type.element, version), { maxLength: 3 })
  if (type.kind === 'struct') return arbitraryMessage(type.struct.fields, version)
  if (field.facts.hex === true) return fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex'))
  switch (type.name) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f })
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff })
    case 'uint16':
      return fc.integer({ min: 0, max: 0xffff })
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.integer({ min: 0, max: 0xffff_ffff })
    case 'int64':
      return fc.maxSafeInteger()
    case 'float64':
      return fc.double({ noNaN: true })
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 50 })
    case 'bytes':
    case 'records':
      return fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
  }
}
