/** The header of a request. The client id keeps its plain form in flexible versions, so that a broker can read it before it knows the version. */

import { type MessageDefinition, message } from '../definitions.ts'
import { int16, int32, string } from '../language.ts'

const definition: MessageDefinition = message({
  name: 'RequestHeader',
  use: 'envelope',
  versions: [1, 2],
  flexible: 2,
  fields: {
    requestApiKey: int16,
    requestApiVersion: int16,
    correlationId: int32,
    clientId: string.nullable().neverCompact(),
  },
})

export default definition
