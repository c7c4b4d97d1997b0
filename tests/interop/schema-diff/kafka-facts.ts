/** Kafka's message definitions, read out of its jars, in the form of the comparison. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kafkaJar } from '../harness/kafka-dist.ts'
import { temporaryDirectory } from '../harness/paths.ts'
import { mustRun } from '../harness/process.ts'
import { type FieldFacts, intersect, type MessageFacts, type Range } from './message-facts.ts'

interface JsonField {
  readonly name: string
  readonly type: string
  readonly versions?: string
  readonly taggedVersions?: string
  readonly nullableVersions?: string
  readonly flexibleVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean | null
  readonly ignorable?: boolean
  readonly mapKey?: boolean
  readonly fields?: readonly JsonField[]
}

export interface JsonMessage {
  readonly apiKey?: number
  readonly type: string
  readonly name: string
  readonly validVersions: string
  readonly flexibleVersions?: string
  readonly latestVersionUnstable?: boolean
  readonly listeners?: readonly string[]
  readonly fields?: readonly JsonField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly JsonField[] }[]
}

const jars = ['kafka-clients', 'kafka-group-coordinator', 'kafka-transaction-coordinator']

/** Every definition, by name. */
export async function kafkaDefinitions(): Promise<Map<string, JsonMessage>> {
  const found = new Map<string, JsonMessage>()
  for (const jar of jars) {
    await using directory = await temporaryDirectory('schemas')
    await mustRun('jar', ['xf', await kafkaJar(jar), 'common/message'], { cwd: directory.path })
    const messages = join(directory.path, 'common', 'message')
    for (const name of await readdir(messages)) {
      if (!name.endsWith('.json')) continue
      const text = await readFile(join(messages, name), 'utf8')
      const definition = JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as JsonMessage
      found.set(definition.name, definition)
    }
  }
  return found
}

/** `unstableRequest`: the highest version is not to be served yet, which only the request says. */
export function kafkaMessage(definition: JsonMessage, unstableRequest: boolean): MessageFacts {
  const valid = range(definition.validVersions)
  if (valid === undefined) throw new Error(`${definition.name} has no versions`)
  const versions = { from: valid.from, to: unstableRequest ? valid.to - 1 : valid.to }
  const common = new Map((definition.commonStructs ?? []).map((struct) => [struct.name, struct.fields]))
  return {
    name: definition.name,
    key: definition.apiKey,
    versions,
    flexible: range(definition.flexibleVersions)?.from,
    fields: flatten(definition.fields ?? [], '', versions, common),
  }
}

type CommonStructs = ReadonlyMap<string, readonly JsonField[]>

function flatten(fields: readonly JsonField[], prefix: string, scope: Range, common: CommonStructs): FieldFacts[] {
  return fields.flatMap((field) => {
    const versions = intersect(range(field.versions ?? field.taggedVersions), scope)
    if (versions === undefined) return []
    const path = prefix + field.name.charAt(0).toLowerCase() + field.name.slice(1)
    const own: FieldFacts = {
      path,
      type: field.type,
      versions,
      nullable: intersect(range(field.nullableVersions), versions),
      tag: field.tag,
      default: defaultText(field),
      ignorable: field.ignorable === true,
      mapKey: field.mapKey === true,
      neverCompact: field.flexibleVersions === 'none',
    }
    const isArray = field.type.startsWith('[]')
    const inner = field.fields ?? common.get(isArray ? field.type.slice(2) : field.type) ?? []
    return [own, ...flatten(inner, `${path}${isArray ? '[]' : ''}.`, versions, common)]
  })
}

/** Kafka's generator takes a literal null, other than the text "null", as no default at all: its code then starts from the zero value. */
function defaultText({ type, default: value }: JsonField): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = String(value)
  return /^u?int\d+$/.test(type) && text.startsWith('0x') ? String(Number(text)) : text
}

function range(text: string | undefined): Range | undefined {
  if (text === undefined || text === 'none') return undefined
  const [, from = '', to] = /^(\d+)(?:-(\d+)|\+)?$/.exec(text) ?? []
  if (from === '') throw new Error(`versions '${text}'`)
  if (text.endsWith('+')) return { from: Number(from), to: Number.POSITIVE_INFINITY }
  return { from: Number(from), to: Number(to ?? from) }
}
