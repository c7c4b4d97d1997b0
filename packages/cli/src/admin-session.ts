/** An admin client for the length of one command, and the errors about names that do not exist. */

import type { Admin } from '@odradek/client'
import { nearestName } from '@odradek/protocol'
import { CommandError } from './errors.ts'
import { createKafka, type GlobalOptions } from './global-options.ts'

export async function withAdmin<Result>(options: GlobalOptions, use: (admin: Admin) => Promise<Result>): Promise<Result> {
  const kafka = createKafka(options)
  try {
    return await use(kafka.admin())
  } finally {
    await kafka.close()
  }
}

/** Throws `CommandError` naming the first topic that does not exist and the nearest one that does. */
export async function requireTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  const existing = (await admin.listTopics({ includeInternal: true })).map((listing) => listing.topic)
  for (const topic of topics) {
    if (!existing.includes(topic)) throw new CommandError(unknownTopicText(topic, existing))
  }
}

function unknownTopicText(topic: string, existing: readonly string[]): string {
  const nearest = nearestName(topic, existing)
  const suggestion = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  return `there is no topic "${topic}"${suggestion}${suggestion === '' ? ';' : ''} Create it with: odradek topic create ${topic}`
}

/** Throws `CommandError` naming the first group that does not exist and the nearest one that does. */
export async function requireGroups(admin: Admin, groupIds: readonly string[]): Promise<void> {
  const existing = (await admin.listGroups()).map((listing) => listing.groupId)
  for (const groupId of groupIds) {
    if (existing.includes(groupId)) continue
    const nearest = nearestName(groupId, existing)
    const suggestion = nearest === undefined ? '' : ` did you mean "${nearest}"?`
    throw new CommandError(`there is no group "${groupId}";${suggestion} List the groups with: odradek group list`)
  }
}
