/** Every message of the protocol package with the Kafka class that serialises it, and the way from Kafka's JSON to our message. */

import { apis, consumerProtocolAssignment, consumerProtocolSubscription, Reader, recordCodecs, Writer } from '@odradek/protocol'
import { type Field, type Fields, type FieldType, loadDefinitions } from '@odradek/protocol/schema'

export interface Subject {
  /** The Java class. */
  readonly className: string
  readonly fields: Fields
  readonly versions: readonly [number, number]
  readonly flexible: number | 'never'
  encode(message: unknown, version: number): Buffer
  decode(bytes: Buffer, version: number): unknown
}

/** What the serialising program puts into each `records` field. */
export const recordBytes: Buffer = Buffer.from(Array.from({ length: 24 }, (_, index) => index))

export async function subjects(): Promise<Subject[]> {
  return [...(await apiSubjects()), ...(await recordSubjects()), ...(await messageSubjects())]
}

async function apiSubjects(): Promise<Subject[]> {
  const { apis: definitions } = await loadDefinitions()
  return definitions.flatMap((definition) => {
    const { key, name, versions, flexible } = definition
    const api = apis.find((candidate) => candidate.key === key)
    if (api === undefined) throw new Error(`no code for ${name}`)
    const base = { versions, flexible }
    return [
      {
        ...base,
        className: `org.apache.kafka.common.message.${name}RequestData`,
        fields: definition.request,
        encode: (message, version) => written((w) => api.encodeRequest(w, message, version)),
        decode: (bytes, version) => wholly(bytes, (r) => api.decodeRequest(r, version)),
      },
      {
        ...base,
        className: `org.apache.kafka.common.message.${name}ResponseData`,
        fields: definition.response,
        encode: (message, version) => written((w) => api.encodeResponse(w, message, version)),
        decode: (bytes, version) => wholly(bytes, (r) => api.decodeResponse(r, version)),
      },
    ] satisfies Subject[]
  })
}

function written(write: (w: Writer) => void): Buffer {
  const w = new Writer()
  write(w)
  return w.finishBuffer()
}

function wholly(bytes: Buffer, read: (r: Reader) => unknown): unknown {
  const r = new Reader(bytes)
  const message = read(r)
  if (r.remaining !== 0) throw new Error(`${r.remaining} bytes were not read`)
  return message
}

async function recordSubjects(): Promise<Subject[]> {
  const { records } = await loadDefinitions()
  return records.flatMap((definition) => {
    const { name, topic, value } = definition
    const codecs = recordCodecs.find((candidate) => candidate.value.name === `${name}Value`)
    if (codecs === undefined) throw new Error(`no code for ${name}`)
    const javaPackage = `org.apache.kafka.coordinator.${topic === '__consumer_offsets' ? 'group' : 'transaction'}.generated`
    return [
      {
        className: `${javaPackage}.${name}Key`,
        fields: definition.key,
        versions: [0, 0],
        flexible: 'never',
        encode: (message) => codecs.key.encode(message).subarray(2),
        decode: (bytes) => codecs.key.decode(prefixed(definition.type, bytes)),
      },
      {
        className: `${javaPackage}.${name}Value`,
        fields: value.fields,
        versions: value.versions,
        flexible: value.flexible,
        encode: (message, version) => codecs.value.encode(message, version).subarray(2),
        decode: (bytes, version) => codecs.value.decode(prefixed(version, bytes)),
      },
    ] satisfies Subject[]
  })
}

async function messageSubjects(): Promise<Subject[]> {
  const { messages } = await loadDefinitions()
  return messages
    .filter((definition) => definition.use === 'embedded')
    .map(({ name, fields, versions, flexible }) => {
      const codec = [consumerProtocolSubscription, consumerProtocolAssignment].find((candidate) => candidate.name === name)
      if (codec === undefined) throw new Error(`no code for ${name}`)
      return {
        className: `org.apache.kafka.common.message.${name}`,
        fields,
        versions,
        flexible,
        encode: (message, version) => encodeWith(codec, message, version),
        decode: (bytes, version) => codec.decode(prefixed(version, bytes)),
      } satisfies Subject
    })
}

/** Messages here are checked at run time, by their bytes. */
function encodeWith(codec: { encode(message: never, version: number): Buffer }, message: unknown, version: number): Buffer {
  return codec.encode(message as never, version).subarray(2)
}

function prefixed(version: number, bytes: Buffer): Buffer {
  const prefix = Buffer.alloc(2)
  prefix.writeInt16BE(version)
  return Buffer.concat([prefix, bytes])
}

type Json = Record<string, unknown>

/** Our message from Kafka's JSON form of it. What the JSON lacks is left out. */
export function fromJson(fields: Fields, json: Json): Json {
  const message: Json = {}
  for (const [name, field] of Object.entries(fields)) {
    if (name in json) message[name] = fromJsonValue(field, field.facts.type, json[name])
  }
  return message
}

function fromJsonValue(field: Field, type: FieldType, value: unknown): unknown {
  if (value === null) return null
  if (type.kind === 'array') return (value as unknown[]).map((element) => fromJsonValue(field, type.element, element))
  if (type.kind === 'struct') return fromJson(type.struct.fields, value as Json)
  if (type.name === 'records') return recordBytes
  if (type.name === 'bytes') return Buffer.from(value as string, 'base64')
  if (field.facts.hex === true)
    return BigInt.asUintN(64, BigInt(value as number))
      .toString(16)
      .padStart(16, '0')
  return value
}
