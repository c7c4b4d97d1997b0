/** DescribeUserScramCredentials: which SCRAM mechanisms users have, without secrets (KIP-554). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeUserScramCredentials',
  key: 50,
  versions: [0, 0],
  flexible: 0,
  request: {
    users: array(
      struct('UserName', {
        name: string,
      }),
    ).nullable(),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array(
      struct('DescribeUserScramCredentialsResult', {
        user: string,
        errorCode: int16,
        errorMessage: string.nullable(),
        credentialInfos: array(
          struct('CredentialInfo', {
            mechanism: int8,
            iterations: int32,
          }),
        ),
      }),
    ),
  },
})

export default definition
