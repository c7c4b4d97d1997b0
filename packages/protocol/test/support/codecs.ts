/** Every message of the package behind one interface: requests, responses, record keys and values, the consumer protocol. */

import { type Fields, loadDefinitions, type Versions } from '../../schema/index.ts'
import {
  apiByKey,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  Reader,
  recordCodecs,
  type VersionedCodec,
  Writer,
} from '../../src/index.ts'

export interface MessageCodec {
  readonly name: string
  readonly fields: Fields
  readonly versions: Versions
  encode(message: unknown, version: number): Buffer
  decode(bytes: Buffer, version: number): unknown
}

export async function allCodecs(): Promise<MessageCodec[]> {
  const definitions = await loadDefinitions()
  const codecs = definitions.apis.flatMap(({ name, key, versions, request, response }) => {
    const api = apiByKey(key)
    if (api === undefined) throw new Error(`no code for ${name}`)
    const ofRequest = codec(`${name}Request`, request, versions, api.encodeRequest, api.decodeRequest)
    return [ofRequest, codec(`${name}Response`, response, versions, api.encodeResponse, api.decodeResponse)]
  })
  for (const { name, key, value } of definitions.records) {
    const found = recordCodecs.find((candidate) => candidate.value.name === `${name}Value`)
    if (found === undefined) throw new Error(`no code for ${name}`)
    const keyCodec: Pick<MessageCodec, 'encode' | 'decode'> = { encode: (m) => found.key.encode(m), decode: (b) => found.key.decode(b) }
    codecs.push({ name: `${name}Key`, fields: key, versions: [0, 0], ...keyCodec })
    codecs.push({ name: `${name}Value`, fields: value.fields, versions: value.versions, ...standAlone(found.value) })
  }
  for (const { name, use, fields, versions } of definitions.messages) {
    if (use !== 'embedded') continue
    const found =
      name === consumerProtocolAssignment.name ? standAlone(consumerProtocolAssignment) : standAlone(consumerProtocolSubscription)
    codecs.push({ name, fields, versions, ...found })
  }
  return codecs
}

function codec(
  name: string,
  fields: Fields,
  versions: Versions,
  encode: (w: Writer, message: unknown, version: number) => void,
  decode: (r: Reader, version: number) => unknown,
): MessageCodec {
  return {
    name,
    fields,
    versions,
    encode(message, version) {
      const w = new Writer()
      encode(w, message, version)
      return w.finishBuffer()
    },
    decode: (bytes, version) => decode(new Reader(bytes), version),
  }
}

function standAlone<Input>(versioned: VersionedCodec<unknown, Input>): Pick<MessageCodec, 'encode' | 'decode'> {
  return { encode: (message, version) => versioned.encode(message as Input, version), decode: (bytes) => versioned.decode(bytes) }
}

/** Calls `visit` for each message in each of its versions. */
export async function forEachVersion(visit: (codec: MessageCodec, version: number) => void): Promise<void> {
  for (const each of await allCodecs()) {
    for (let version = each.versions[0]; version <= each.versions[1]; version++) visit(each, version)
  }
}
