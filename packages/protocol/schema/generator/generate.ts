/** All generated files, as text. */

import { apiFile, type GeneratedFile, indexFile, messageFile, recordFile } from './emit-file.ts'
import type { Definitions } from './load.ts'

export function generate(definitions: Definitions): GeneratedFile[] {
  const apis = definitions.apis.map(apiFile)
  const records = definitions.records.map(recordFile)
  const messages = definitions.messages.map(messageFile)
  const embedded = definitions.messages.filter((message) => message.use === 'embedded').map(messageFile)
  return [...apis, ...records, ...messages, indexFile(definitions.apis, definitions.records, [...records, ...embedded])]
}
