/** What may stand in the place of a command line's last word: commands, options, their values, and names that the cluster knows. */

import type { Argument, Command, Option } from 'commander'
import type { Admin } from '@odradek/client'
import { collectKeyValue, createKafka, type GlobalOptions } from '../../global-options.ts'
import { type CommandWords, type Place, readCommandWords } from './command-words.ts'

/** Printed in place of candidates: files are wanted. */
export const FILES = ':file'

/** With the start of the process it makes a second, and a person waits no longer. The line's own default.api.timeout.ms says otherwise. */
const PATIENCE_MS = 600
const MAX_CANDIDATES = 1000

/** `value<TAB>description` a line. Never rejects: a cluster that does not answer knows no names. */
export async function candidatesFor(program: Command, words: readonly string[]): Promise<string[]> {
  const read = readCommandWords(program, words)
  const found = await candidatesAt(read.place, read)
  if (found === FILES) return [FILES]
  return found.filter((line) => line.startsWith(wordOf(read))).slice(0, MAX_CANDIDATES)
}

function wordOf({ place, partial }: CommandWords): string {
  return place.kind === 'value' ? `${place.prefix}${partial}` : partial
}

async function candidatesAt(place: Place, words: CommandWords): Promise<string[] | typeof FILES> {
  switch (place.kind) {
    case 'command':
      return place.commands.map((command) => `${command.name()}\t${command.description()}`)
    case 'option':
      return place.options.map(({ long, short, description }) => `${long ?? short}\t${description}`)
    case 'value': {
      const values = await valuesOf(place.of, words)
      return values === FILES ? FILES : values.map((value) => `${place.prefix}${value}`)
    }
    case 'nothing':
      return []
  }
}

type NamesOf = (admin: Admin) => Promise<string[]>

const topics: NamesOf = async (admin) => (await admin.listTopics({ includeInternal: true })).map(({ topic }) => topic)
const groups: NamesOf = async (admin) => (await admin.listGroups()).map(({ groupId }) => groupId)
const transactionalIds: NamesOf = async (admin) => (await admin.listTransactions()).map(({ transactionalId }) => transactionalId)

/** By the name that an option's value or an argument has in the help text. */
const namesByPlaceholder: Readonly<Record<string, NamesOf>> = {
  topic: topics,
  'topic:partitions': topics,
  group: groups,
  id: transactionalIds,
}
const filePlaceholders: ReadonlySet<string> = new Set(['file', 'file.properties', 'dir', 'path'])
const wordsByFlag: Readonly<Record<string, readonly string[]>> = { '--from': ['earliest', 'latest'], '--before': ['latest'] }

async function valuesOf(place: Option | Argument, words: CommandWords): Promise<string[] | typeof FILES> {
  if (place.argChoices !== undefined) return place.argChoices
  const isOption = 'flags' in place
  if (isOption && place.long !== undefined && place.long !== null) {
    const known = wordsByFlag[place.long]
    if (known !== undefined) return [...known]
  }
  const placeholder = isOption ? placeholderOf(place) : place.name()
  if (filePlaceholders.has(placeholder)) return FILES
  const namesOf = namesByPlaceholder[placeholder]
  const names = namesOf === undefined ? [] : await askCluster(namesOf, words)
  // Kafka's own names are offered to who begins to write one.
  return words.partial.startsWith('_') ? names : names.filter((name) => !name.startsWith('__'))
}

function placeholderOf({ flags }: Option): string {
  return /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]/.exec(flags)?.[1] ?? ''
}

async function askCluster(namesOf: NamesOf, words: CommandWords): Promise<string[]> {
  try {
    const options = connectionOptions(words)
    const patienceMs = Number(options.X?.['default.api.timeout.ms'] ?? PATIENCE_MS)
    const kafka = createKafka(options)
    const patience = new Promise<string[]>((resolve) => {
      setTimeout(() => resolve([]), patienceMs).unref()
    })
    try {
      return await Promise.race([namesOf(kafka.admin({ defaultApiTimeoutMs: patienceMs })), patience])
    } finally {
      await kafka.close()
    }
  } catch {
    return []
  }
}

/** Which cluster, as the line so far says. */
function connectionOptions({ values }: CommandWords): GlobalOptions {
  const last = (name: string): string | undefined => values.get(name)?.at(-1)
  const [bootstrapServers, config, profile] = ['bootstrapServers', 'config', 'profile'].map(last)
  const properties = (values.get('X') ?? []).reduce<Record<string, string>>((known, text) => collectKeyValue(text, known), {})
  return {
    output: 'table',
    X: properties,
    ...(bootstrapServers === undefined ? {} : { bootstrapServers }),
    ...(config === undefined ? {} : { config }),
    ...(profile === undefined ? {} : { profile }),
  }
}
