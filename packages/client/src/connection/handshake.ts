/** The first exchange on a connection: which versions of which APIs the broker serves (KIP-35, KIP-511). */

import type { ApiVersionsResponse } from '@odradek/protocol'
import { apiVersions, ErrorCodes } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { Connection } from './connection.ts'
import { servedVersions } from './versions.ts'

const SOFTWARE_NAME = 'odradek'
const SOFTWARE_VERSION = '0.1.0'

/** Fills in `connection.versions`. Rejects with BrokerError or as `connection.send` does. */
export async function negotiateApiVersions(connection: Connection): Promise<void> {
  let response = await askVersions(connection, apiVersions.maxVersion)
  if (response.errorCode === ErrorCodes.UNSUPPORTED_VERSION) {
    // The broker is older; its answer, always in version 0, may say how far it goes.
    const served = response.apiKeys.find(({ apiKey }) => apiKey === apiVersions.key)
    response = await askVersions(connection, Math.min(served?.maxVersion ?? 0, apiVersions.maxVersion))
  }
  if (response.errorCode !== ErrorCodes.NONE) throw brokerError(response.errorCode, `Cannot agree on versions with ${connection.address}`)
  connection.versions = servedVersions(response)
}

function askVersions(connection: Connection, version: number): Promise<ApiVersionsResponse> {
  return connection.sendVersion(
    apiVersions,
    version,
    { clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: SOFTWARE_VERSION },
    (reader) => {
      const errorCode = reader.buffer.readInt16BE(reader.offset)
      return apiVersions.decodeResponse(reader, errorCode === ErrorCodes.UNSUPPORTED_VERSION ? 0 : version)
    },
  )
}
