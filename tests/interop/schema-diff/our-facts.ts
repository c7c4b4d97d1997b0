/** Our fact files in the form of the comparison. */

import type { Definitions, Field, Fields, FieldType, Versions } from '@odradek/protocol/schema'
import { type FieldFacts, intersect, type MessageFacts, type Range } from './message-facts.ts'

const longMax = '9223372036854775807'

export function ourMessages(definitions: Definitions): MessageFacts[] {
  const messages: MessageFacts[] = []
  for (const { name, key, versions, flexible, request, response } of definitions.apis) {
    messages.push(messageFacts(`${name}Request`, key, versions, flexible, request))
    messages.push(messageFacts(`${name}Response`, key, versions, flexible, response))
  }
  for (const { name, type, key, value } of definitions.records) {
    messages.push(messageFacts(`${name}Key`, type, [0, 0], 'never', key))
    messages.push(messageFacts(`${name}Value`, type, value.versions, value.flexible, value.fields))
  }
  for (const { name, versions, flexible, fields } of definitions.messages) {
    messages.push(messageFacts(name, undefined, versions, flexible, fields))
  }
  return messages
}

export function messageFacts(
  name: string,
  key: number | undefined,
  [from, to]: Versions,
  flexible: number | 'never',
  fields: Fields,
): MessageFacts {
  const versions = { from, to }
  return { name, key, versions, flexible: flexible === 'never' ? undefined : flexible, fields: flatten(fields, '', versions) }
}

function flatten(fields: Fields, prefix: string, scope: Range): FieldFacts[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const { facts } = field
    const versions = intersect(facts.versions, scope)
    if (versions === undefined) return []
    const path = prefix + name
    const own: FieldFacts = {
      path,
      type: typeName(facts.type),
      versions,
      nullable: intersect(facts.nullable, versions),
      tag: facts.tag,
      default: defaultText(field),
      ignorable: facts.ignorable === true,
      mapKey: facts.mapKey === true,
      neverCompact: facts.neverCompact === true,
    }
    const isArray = facts.type.kind === 'array'
    const inner = facts.type.kind === 'array' ? facts.type.element : facts.type
    return [own, ...(inner.kind === 'struct' ? flatten(inner.struct.fields, `${path}${isArray ? '[]' : ''}.`, versions) : [])]
  })
}

function typeName(type: FieldType): string {
  if (type.kind === 'array') return `[]${typeName(type.element)}`
  return type.kind === 'struct' ? type.struct.name : type.name
}

function defaultText({ facts }: Field): string | undefined {
  if (facts.default === undefined) return undefined
  return facts.default === Number.MAX_SAFE_INTEGER ? longMax : String(facts.default)
}
