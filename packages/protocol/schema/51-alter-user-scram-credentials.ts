/** AlterUserScramCredentials: sets or removes SCRAM credentials of users (KIP-554). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bytes, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'AlterUserScramCredentials',
  key: 51,
  versions: [0, 0],
  flexible: 0,
  request: {
    deletions: array(
      struct('ScramCredentialDeletion', {
        name: string,
        mechanism: int8,
      }),
    ),
    upsertions: array(
      struct('ScramCredentialUpsertion', {
        name: string,
        mechanism: int8,
        iterations: int32,
        salt: bytes,
        saltedPassword: bytes,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct('AlterUserScramCredentialsResult', {
        user: string,
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    ),
  },
})

export default definition
