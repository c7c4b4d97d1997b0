/** SaslHandshake: picks the SASL mechanism of a connection. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, string } from './language.ts'

const definition: ApiDefinition = api({
  name: 'SaslHandshake',
  key: 17,
  versions: [0, 1],
  flexible: 'never',
  request: {
    mechanism: string,
  },
  response: {
    errorCode: int16,
    mechanisms: array(string),
  },
})

export default definition
