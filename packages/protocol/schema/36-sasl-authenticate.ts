/** SaslAuthenticate: one step of a SASL exchange, in either direction. */

import { type ApiDefinition, api } from './definitions.ts'
import { bytes, int16, int64, string } from './language.ts'

const definition: ApiDefinition = api({
  name: 'SaslAuthenticate',
  key: 36,
  versions: [0, 2],
  flexible: 2,
  request: {
    authBytes: bytes,
  },
  response: {
    errorCode: int16,
    errorMessage: string.nullable(),
    authBytes: bytes,
    sessionLifetimeMs: int64.since(1).default(0).ignorable(),
  },
})

export default definition
