/** GetTelemetrySubscriptions: which metrics a broker wants from a client (KIP-714). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int8, string, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'GetTelemetrySubscriptions',
  key: 71,
  versions: [0, 0],
  flexible: 0,
  request: {
    clientInstanceId: uuid,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    clientInstanceId: uuid,
    subscriptionId: int32,
    acceptedCompressionTypes: array(int8),
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    deltaTemporality: bool,
    requestedMetrics: array(string),
  },
})

export default definition
