/** Conditions on the version, reduced as far as the facts allow, and choices made by them. */

import type { Range, ResolvedField, ResolvedMessage } from './resolve.ts'

/** A condition in generated code; a boolean when it holds for all or for no version in question. */
export type Condition = string | boolean

/** Whether the version lies in `inner`, given that it lies in `outer`. */
export function within(inner: Range | undefined, outer: Range): Condition {
  if (inner === undefined || inner.to < outer.from || inner.from > outer.to) return false
  const parts: string[] = []
  if (inner.from > outer.from) parts.push(`version >= ${inner.from}`)
  if (inner.to < outer.to) parts.push(`version <= ${inner.to}`)
  return parts.length === 0 ? true : parts.join(' && ')
}

export function isPresent(field: ResolvedField, message: ResolvedMessage): Condition {
  return within(field, message.versions)
}

/** Whether the version is flexible, given that it lies in `outer`. */
export function isFlexible(message: ResolvedMessage, outer: Range): Condition {
  return within({ from: message.flexible, to: Number.POSITIVE_INFINITY }, outer)
}

/** Whether the version gives the field its compact form, given that the field is present. */
export function isCompact(field: ResolvedField, message: ResolvedMessage): Condition {
  return field.neverCompact ? false : isFlexible(message, field)
}

export function isNullable(field: ResolvedField): Condition {
  return within(field.nullable, field)
}

/** A choice between two expressions. */
export function choose(condition: Condition, yes: string, no: string): string {
  if (typeof condition === 'boolean') return condition ? yes : no
  return yes === no ? yes : `(${condition} ? ${yes} : ${no})`
}
