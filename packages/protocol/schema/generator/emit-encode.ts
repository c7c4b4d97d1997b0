/** Emits the function that encodes a struct, or throws where a version cannot carry a value that must not be lost. */

import { Code } from './code.ts'
import { type Condition, isCompact, isFlexible, isNullable, isPresent, within } from './conditions.ts'
import { localName } from './names.ts'
import type { ResolvedField, ResolvedMessage, ResolvedStruct, ResolvedType } from './resolve.ts'
import { isSet, valueOf } from './values.ts'

export function emitEncode(struct: ResolvedStruct, message: ResolvedMessage): Code {
  const body = new Code()
  for (const field of struct.fields) if (field.tag === undefined) encodeField(body, struct, field, message)
  encodeTags(body, struct, message)
  const version = body.mentions('version') ? 'version' : '_version'
  const code = new Code()
  const parameters = `w: Writer, message: ${struct.typeName}Input, ${version}: number`
  return code.block(`function encode${struct.typeName}(${parameters}): void`, () => code.append(body))
}

function encodeField(code: Code, struct: ResolvedStruct, field: ResolvedField, message: ResolvedMessage): void {
  const present = isPresent(field, message)
  if (present === true) {
    writeField(code, struct, field, message)
    return
  }
  code.block(`if (${present})`, () => writeField(code, struct, field, message))
  if (!field.ignorable) code.line(`else if (${isSet(field)}) ${unsupported(struct, field)}`)
}

function unsupported(struct: ResolvedStruct, field: ResolvedField): string {
  return `throw new UnsupportedFieldError('${struct.typeName}', '${field.name}', version)`
}

/** Statements for a branch on the version, or for the only branch there is. */
function branch(code: Code, condition: Condition, yes: string, no: string): void {
  if (typeof condition === 'boolean') code.line(condition ? yes : no)
  else if (yes === no) code.line(yes)
  else code.line(`if (${condition}) ${yes}`).line(`else ${no}`)
}

function writeField(code: Code, struct: ResolvedStruct, field: ResolvedField, message: ResolvedMessage): void {
  const { type } = field
  const compact = isCompact(field, message)
  const value = checkedValue(struct, field)
  const repeated = field.nullable !== undefined || type.kind === 'array' || (typeof compact === 'string' && hasCompactForm(type))
  const local = repeated ? localName(field.name) : value
  if (repeated) code.line(`const ${local} = ${value}`)
  if (type.kind === 'array') writeArray(code, field, type.element, local, compact)
  else if (type.kind === 'struct') writeStruct(code, field, type.struct, local)
  else if (field.hex) code.line(`w.writeInt64Hex(${local})`)
  else if (field.unbounded) code.line(`w.writeInt64OrUnbounded(${local})`)
  else {
    const nullable = field.nullable === undefined ? '' : 'Nullable'
    branch(code, compact, writePrimitive(type, `Compact${nullable}`, local), writePrimitive(type, nullable, local))
  }
}

function hasCompactForm(type: ResolvedType): boolean {
  return type.kind === 'primitive' && (type.name === 'string' || type.name === 'bytes' || type.name === 'records')
}

/** The value, checked for null where only some versions allow it. */
function checkedValue(struct: ResolvedStruct, field: ResolvedField): string {
  const value = valueOf(field)
  const nullable = isNullable(field)
  if (typeof nullable === 'boolean') return value
  if (field.type.kind === 'struct') throw new Error(`${struct.typeName}.${field.name}: a struct that is nullable in some versions only`)
  return `${nullable} ? ${value} : notNull(${value}, '${struct.typeName}', '${field.name}', version)`
}

function writePrimitive(type: ResolvedType, form: string, value: string): string {
  if (type.kind !== 'primitive') throw new Error('an array within an array')
  switch (type.name) {
    case 'string':
      return `w.write${form}String(${value})`
    case 'bytes':
      return `w.write${form}Bytes(${value})`
    case 'records':
      return `w.write${form.replace('Nullable', '')}Records(${value})`
    case 'bool':
      return `w.writeBoolean(${value})`
    default:
      return `w.write${type.name.charAt(0).toUpperCase()}${type.name.slice(1)}(${value})`
  }
}

function writeStruct(code: Code, field: ResolvedField, struct: ResolvedStruct, value: string): void {
  const write = `encode${struct.typeName}(w, ${value}, version)`
  if (field.nullable === undefined) {
    code.line(write)
    return
  }
  code.line(`if (${value} === null) w.writeInt8(${field.tag === undefined ? -1 : 0})`)
  code.block('else', () => code.line('w.writeInt8(1)').line(write))
}

function writeArray(code: Code, field: ResolvedField, element: ResolvedType, items: string, compact: Condition): void {
  const count = field.nullable === undefined ? `${items}.length` : `${items} === null ? -1 : ${items}.length`
  branch(code, compact, `w.writeCompactArrayLength(${count})`, `w.writeArrayLength(${count})`)
  const loop = (): void => {
    if (element.kind === 'struct') code.line(`for (const item of ${items}) encode${element.struct.typeName}(w, item, version)`)
    else {
      const yes = writePrimitive(element, 'Compact', 'item')
      const no = writePrimitive(element, '', 'item')
      if (typeof compact === 'string' && yes !== no) code.line(`for (const item of ${items}) ${compact} ? ${yes} : ${no}`)
      else code.line(`for (const item of ${items}) ${compact === true ? yes : no}`)
    }
  }
  if (field.nullable === undefined) loop()
  else code.block(`if (${items} !== null)`, loop)
}

function encodeTags(code: Code, struct: ResolvedStruct, message: ResolvedMessage): void {
  const flexible = isFlexible(message, message.versions)
  if (flexible === false) return
  const tagged = struct.fields.filter((field) => field.tag !== undefined).sort((a, b) => (a.tag ?? 0) - (b.tag ?? 0))
  for (const field of tagged) {
    const present = isPresent(field, message)
    const set = isSet(field)
    if (present !== true && !field.ignorable) code.line(`if (!(${present}) && ${parenthesized(set)}) ${unsupported(struct, field)}`)
  }
  const emit = (): void => writeTags(code, struct, tagged, message)
  if (flexible === true) emit()
  else code.block(`if (${flexible})`, emit)
}

function writeTags(code: Code, struct: ResolvedStruct, tagged: readonly ResolvedField[], message: ResolvedMessage): void {
  if (tagged.length === 0) {
    code.line('w.writeUint8(0)')
    return
  }
  const flexibleVersions = { from: Math.max(message.flexible, message.versions.from), to: message.versions.to }
  for (const field of tagged) {
    const present = within(field, flexibleVersions)
    const set = present === true ? isSet(field) : `${present} && ${parenthesized(isSet(field))}`
    code.line(`const ${field.name}IsSet = ${set}`)
  }
  code.line(`w.writeUvarint(${tagged.map((field) => `(${field.name}IsSet ? 1 : 0)`).join(' + ')})`)
  for (const field of tagged) {
    code.block(`if (${field.name}IsSet)`, () => {
      code.line(`const mark = w.beginTag(${field.tag})`)
      writeField(code, struct, field, message)
      code.line('w.endTag(mark)')
    })
  }
}

function parenthesized(expression: string): string {
  return expression.includes('||') || expression.includes('&&') ? `(${expression})` : expression
}
