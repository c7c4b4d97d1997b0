/** PushTelemetry: a client's metrics, as OTLP (KIP-714). */

import { type ApiDefinition, api } from './definitions.ts'
import { bool, bytes, int16, int32, int8, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'PushTelemetry',
  key: 72,
  versions: [0, 0],
  flexible: 0,
  request: {
    clientInstanceId: uuid,
    subscriptionId: int32,
    terminating: bool,
    compressionType: int8,
    metrics: bytes,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
  },
})

export default definition
