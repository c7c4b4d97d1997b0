/** Emits the function that decodes a struct. Every object has all fields, in one order. */

import { Code } from './code.ts'
import { choose, isCompact, isFlexible, isNullable, isPresent, within } from './conditions.ts'
import { localName } from './names.ts'
import type { ResolvedField, ResolvedMessage, ResolvedStruct, ResolvedType } from './resolve.ts'
import { leastElementBytes } from './sizes.ts'
import { defaultOf, typeOf } from './values.ts'

export function emitDecode(struct: ResolvedStruct, message: ResolvedMessage): Code {
  const body = new Code()
  for (const field of struct.fields) {
    if (field.tag !== undefined) body.line(`let ${localName(field.name)}: ${typeOf(field, 'decoded')} = ${defaultOf(field)}`)
    else decodeField(body, field, message)
  }
  decodeTags(body, struct, message)
  const values = struct.fields.map((field) => {
    const local = localName(field.name)
    return local === field.name ? local : `${field.name}: ${local}`
  })
  body.line(`return { ${values.join(', ')} }`)
  const version = body.mentions('version') ? 'version' : '_version'
  const code = new Code()
  return code.block(`function decode${struct.typeName}(r: Reader, ${version}: number): ${struct.typeName}`, () => code.append(body))
}

function decodeField(code: Code, field: ResolvedField, message: ResolvedMessage): void {
  const local = localName(field.name)
  const present = isPresent(field, message)
  if (field.type.kind !== 'array') {
    code.line(`const ${local}: ${typeOf(field, 'decoded')} = ${choose(present, readValue(field, message), defaultOf(field))}`)
    return
  }
  code.line(`${field.nullable === undefined ? 'const' : 'let'} ${local}: ${typeOf(field, 'decoded')} = ${defaultOf(field)}`)
  if (present === true) readArray(code, field, field.type.element, message)
  else code.block(`if (${present})`, () => readArray(code, field, field.type.kind === 'array' ? field.type.element : field.type, message))
}

/** An expression that reads anything but an array. */
function readValue(field: ResolvedField, message: ResolvedMessage): string {
  const { type } = field
  if (type.kind === 'struct') {
    const read = `decode${type.struct.typeName}(r, version)`
    // A byte says whether the struct is there, and says it differently among tagged fields.
    const isNull = field.tag === undefined ? 'r.readInt8() < 0' : 'r.readUvarint() === 0'
    return choose(isNullable(field), `${isNull} ? null : ${read}`, read)
  }
  if (field.hex) return 'r.readInt64Hex()'
  if (field.unbounded) return 'r.readInt64OrUnbounded()'
  const plain = choose(isNullable(field), readPrimitive(type, 'Nullable'), readPrimitive(type, ''))
  const compact = choose(isNullable(field), readPrimitive(type, 'CompactNullable'), readPrimitive(type, 'Compact'))
  return choose(isCompact(field, message), compact, plain)
}

type Form = '' | 'Nullable' | 'Compact' | 'CompactNullable'

function readPrimitive(type: ResolvedType, form: Form): string {
  if (type.kind !== 'primitive') throw new Error('an array within an array')
  switch (type.name) {
    case 'string':
      return `r.read${form}String()`
    case 'bytes':
    case 'records':
      return `r.read${form}Bytes()`
    case 'bool':
      return 'r.readBoolean()'
    default:
      return `r.read${type.name.charAt(0).toUpperCase()}${type.name.slice(1)}()`
  }
}

/** Statements that read an array into its variable, which holds an empty array or is free to be assigned. */
function readArray(code: Code, field: ResolvedField, element: ResolvedType, message: ResolvedMessage): void {
  const local = localName(field.name)
  const least = leastElementBytes(field, element, message)
  const length = (form: string): string => `r.read${form}ArrayLength(${least})`
  const plain = choose(isNullable(field), length('Nullable'), length(''))
  const compact = choose(isNullable(field), length('CompactNullable'), length('Compact'))
  const read = choose(isCompact(field, message), compact, plain)
  const item =
    element.kind === 'struct'
      ? `decode${element.struct.typeName}(r, version)`
      : choose(isCompact(field, message), readPrimitive(element, 'Compact'), readPrimitive(element, ''))
  if (field.nullable === undefined) {
    code.line(`for (let i = 0, length = ${read}; i < length; i++) ${local}.push(${item})`)
    return
  }
  code.line(`const ${local}Length = ${read}`)
  code.line(`if (${local}Length < 0) ${local} = null`)
  code.block('else', () => {
    code.line(`${local} = []`)
    code.line(`for (let i = 0; i < ${local}Length; i++) ${local}.push(${item})`)
  })
}

function decodeTags(code: Code, struct: ResolvedStruct, message: ResolvedMessage): void {
  const flexible = isFlexible(message, message.versions)
  if (flexible === false) return
  const tagged = struct.fields.filter((field) => field.tag !== undefined)
  const emit = (): void => {
    if (tagged.length === 0) code.line('r.skipTags()')
    else decodeTagged(code, tagged, message)
  }
  if (flexible === true) emit()
  else code.block(`if (${flexible})`, emit)
}

function decodeTagged(code: Code, tagged: readonly ResolvedField[], message: ResolvedMessage): void {
  const flexibleVersions = { from: Math.max(message.flexible, message.versions.from), to: message.versions.to }
  code.block('for (let tags = r.readUvarint(); tags > 0; tags--)', () => {
    code.line('const tag = r.readUvarint()').line('const tagEnd = r.readTagEnd()')
    let head = ''
    for (const field of tagged) {
      const present = within(field, flexibleVersions)
      code.block(`${head}if (tag === ${field.tag}${present === true ? '' : ` && ${present}`})`, () => {
        if (field.type.kind === 'array') readTaggedArray(code, field, field.type.element, message)
        else code.line(`${localName(field.name)} = ${readValue(field, message)}`)
        code.line('r.expectTagEnd(tagEnd)')
      })
      head = 'else '
    }
    code.line('else r.skip(tagEnd - r.offset)')
  })
}

function readTaggedArray(code: Code, field: ResolvedField, element: ResolvedType, message: ResolvedMessage): void {
  if (field.nullable === undefined) code.line(`${localName(field.name)} = []`)
  readArray(code, field, element, message)
}
