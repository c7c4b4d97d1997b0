/** The header of a response. */

import { type MessageDefinition, message } from '../definitions.ts'
import { int32 } from '../language.ts'

const definition: MessageDefinition = message({
  name: 'ResponseHeader',
  use: 'envelope',
  versions: [0, 1],
  flexible: 1,
  fields: {
    correlationId: int32,
  },
})

export default definition
