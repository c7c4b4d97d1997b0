/** Emits the two interfaces of a struct, its default where one is needed, and the test against it. */

import { Code } from './code.ts'
import type { ResolvedMessage, ResolvedStruct } from './resolve.ts'
import { defaultOf, isSet, typeOf } from './values.ts'

export function emitInterfaces(struct: ResolvedStruct): Code {
  const code = new Code()
  code.block(`export interface ${struct.typeName}`, () => {
    for (const field of struct.fields) code.line(`${field.name}: ${typeOf(field, 'decoded')}`)
  })
  code.line('')
  code.block(`export interface ${struct.typeName}Input`, () => {
    for (const field of struct.fields) {
      const type = typeOf(field, 'input')
      code.line(`readonly ${field.name}${field.optional ? `?: ${type} | undefined` : `: ${type}`}`)
    }
  })
  return code
}

/** The structs that have a default value: those held directly, not in an array, by a field that may be left out. */
export function structsWithDefault(message: ResolvedMessage): Set<ResolvedStruct> {
  const found = new Set<ResolvedStruct>()
  const visit = (struct: ResolvedStruct, needed: boolean): void => {
    if (needed) found.add(struct)
    for (const field of struct.fields) {
      if (field.type.kind === 'struct') visit(field.type.struct, (needed || field.optional) && field.default !== null)
      else if (field.type.kind === 'array' && field.type.element.kind === 'struct') visit(field.type.element.struct, false)
    }
  }
  visit(message.root, false)
  return found
}

export function emitDefault(struct: ResolvedStruct): Code {
  const code = new Code()
  code.line(`const empty${struct.typeName}: ${struct.typeName} = Object.freeze({`)
  for (const field of struct.fields) code.line(`  ${field.name}: ${defaultOf(field)},`)
  code.line('})').line('')
  code.block(`function isEmpty${struct.typeName}(message: ${struct.typeName}Input): boolean`, () => {
    code.line(`return !(${struct.fields.map((field) => `(${isSet(field)})`).join(' || ')})`)
  })
  return code
}
