/** ApiVersions: what a broker serves, and its features (KIP-584). Its response header never carries tagged fields. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int64, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ApiVersions',
  key: 18,
  versions: [0, 4],
  flexible: 3,
  request: {
    clientSoftwareName: string.since(3).ignorable(),
    clientSoftwareVersion: string.since(3).ignorable(),
  },
  response: {
    errorCode: int16,
    apiKeys: array(
      struct('ApiVersion', {
        apiKey: int16.mapKey(),
        minVersion: int16,
        maxVersion: int16,
      }),
    ),
    throttleTimeMs: int32.since(1).ignorable(),
    supportedFeatures: array(
      struct('SupportedFeatureKey', {
        name: string.mapKey(),
        minVersion: int16,
        maxVersion: int16,
      }),
    )
      .since(3)
      .tag(0)
      .ignorable(),
    finalizedFeaturesEpoch: int64.since(3).tag(1).default(-1).ignorable(),
    finalizedFeatures: array(
      struct('FinalizedFeatureKey', {
        name: string.mapKey(),
        maxVersionLevel: int16,
        minVersionLevel: int16,
      }),
    )
      .since(3)
      .tag(2)
      .ignorable(),
    zkMigrationReady: bool.since(3).tag(3).default(false).ignorable(),
  },
})

export default definition
