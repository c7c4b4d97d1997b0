/** Finds the fact files, so that a new API needs no entry in any list. */

import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ApiDefinition, Definition, MessageDefinition, RecordDefinition } from '../definitions.ts'

export interface Definitions {
  /** By API key. */
  readonly apis: readonly ApiDefinition[]
  /** By topic and record type. */
  readonly records: readonly RecordDefinition[]
  /** By name. */
  readonly messages: readonly MessageDefinition[]
}

const builtSchema = dirname(dirname(fileURLToPath(import.meta.url)))
/** The package's own directory: the build is in `dist/schema/`. */
export const packageRoot: string = dirname(dirname(builtSchema))

/** Reads every fact file under `schema/`. Names come from the sources, so that a stale build of a removed file is not read. */
export async function loadDefinitions(): Promise<Definitions> {
  const [apis, records, messages] = await Promise.all([load('.', /^\d\d-.*\.ts$/), load('records', /\.ts$/), load('messages', /\.ts$/)])
  return {
    apis: apis.filter((definition) => definition.kind === 'api').sort((a, b) => a.key - b.key),
    records: records.filter((definition) => definition.kind === 'record').sort((a, b) => a.topic.localeCompare(b.topic) || a.type - b.type),
    messages: messages.filter((definition) => definition.kind === 'message').sort((a, b) => a.name.localeCompare(b.name)),
  }
}

async function load(directory: string, pattern: RegExp): Promise<Definition[]> {
  const names = readdirSync(join(packageRoot, 'schema', directory)).filter((name) => pattern.test(name))
  return Promise.all(
    names.map(async (name) => {
      const built = join(builtSchema, directory, name.replace(/\.ts$/, '.js'))
      const module = (await import(pathToFileURL(built).href)) as { readonly default: Definition }
      return module.default
    }),
  )
}
