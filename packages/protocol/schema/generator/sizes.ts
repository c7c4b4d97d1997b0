/** The least number of bytes that a type takes on the wire, by which array lengths are checked before anything is allocated. */

import { isCompact, isFlexible } from './conditions.ts'
import { intersect, type Range, type ResolvedField, type ResolvedMessage, type ResolvedStruct, type ResolvedType } from './resolve.ts'

const fixedBytes: Readonly<Record<string, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

/** The least that an element of the array field takes, over all versions that have the field. */
export function leastElementBytes(field: ResolvedField, element: ResolvedType, message: ResolvedMessage): number {
  const least = leastBytes(element, isCompact(field, message) !== false, field, message)
  if (least === 0) throw new Error(`an element of ${message.name}.${field.name} can take no bytes`)
  return least
}

function leastBytes(type: ResolvedType, compact: boolean, versions: Range, message: ResolvedMessage): number {
  if (type.kind === 'struct') return leastStructBytes(type.struct, versions, message)
  if (type.kind === 'array') return compact ? 1 : 4
  if (type.name === 'string') return compact ? 1 : 2
  if (type.name === 'bytes' || type.name === 'records') return compact ? 1 : 4
  return fixedBytes[type.name] ?? 0
}

function leastStructBytes(struct: ResolvedStruct, versions: Range, message: ResolvedMessage): number {
  let least = Number.POSITIVE_INFINITY
  for (let version = versions.from; version <= versions.to; version++) {
    const only = { from: version, to: version }
    let size = isFlexible(message, only) === true ? 1 : 0
    for (const field of struct.fields) {
      if (field.tag !== undefined || intersect(field, only) === undefined) continue
      const compact = !field.neverCompact && isFlexible(message, only) === true
      size += field.type.kind === 'struct' && field.nullable !== undefined ? 1 : leastBytes(field.type, compact, only, message)
    }
    least = Math.min(least, size)
  }
  return least
}
