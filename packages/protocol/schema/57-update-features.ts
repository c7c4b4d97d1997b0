/** UpdateFeatures: raises or lowers finalized feature levels of the cluster (KIP-584). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'UpdateFeatures',
  key: 57,
  versions: [0, 2],
  flexible: 0,
  request: {
    timeoutMs: int32.default(60000),
    featureUpdates: array(
      struct('FeatureUpdateKey', {
        feature: string.mapKey(),
        maxVersionLevel: int16,
        allowDowngrade: bool.until(0),
        upgradeType: int8.since(1).default(1),
      }),
    ),
    validateOnly: bool.since(1).default(false),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array(
      struct('UpdatableFeatureResult', {
        feature: string.mapKey(),
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    )
      .until(1)
      .ignorable(),
  },
})

export default definition
