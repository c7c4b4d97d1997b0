/** ApiVersions (key 18): what is served, derived from the list of handlers. */

import type { ApiVersionsRequest, ApiVersionsResponseApiVersionInput, ApiVersionsResponseInput } from '@odradek/protocol'
import { apiVersions, ErrorCodes } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

const softwareNamePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
const softwareNameSince = 3

/** What clients may count on beyond versions (KIP-584). transaction.version 2: producers bump their epochs with every transaction (KIP-890). */
const features = [{ name: 'transaction.version', minVersion: 0, maxVersion: 2, finalized: 2 }]

/** `served` is asked at each request, as the list contains this handler, too. */
export function apiVersionsHandler(served: () => Iterable<ApiHandler>): ApiHandler {
  return handler({
    api: apiVersions,
    versions: [0, 4],
    authorize: [],
    refuse: (_request, errorCode) => ({ errorCode, apiKeys: [], throttleTimeMs: 0 }),
    handle: (request, context) => handle(request, context, served()),
  })
}

function handle(request: ApiVersionsRequest, context: RequestContext, served: Iterable<ApiHandler>): ApiVersionsResponseInput {
  if (context.apiVersion >= softwareNameSince) {
    const { clientSoftwareName, clientSoftwareVersion } = request
    if (!softwareNamePattern.test(clientSoftwareName) || !softwareNamePattern.test(clientSoftwareVersion)) {
      return { errorCode: ErrorCodes.INVALID_REQUEST, apiKeys: [], throttleTimeMs: 0 }
    }
    context.connection.clientSoftwareName = clientSoftwareName
    context.connection.clientSoftwareVersion = clientSoftwareVersion
  }
  return {
    errorCode: ErrorCodes.NONE,
    apiKeys: [...served].map(advertised),
    throttleTimeMs: 0,
    supportedFeatures: features.map(({ name, minVersion, maxVersion }) => ({ name, minVersion, maxVersion })),
    finalizedFeaturesEpoch: 0,
    finalizedFeatures: features.map(({ name, finalized }) => ({ name, maxVersionLevel: finalized, minVersionLevel: finalized })),
  }
}

/** Produce is announced from a lower version than it is served in, for clients (librdkafka) that otherwise think it too new. */
export function advertised({ api, versions: [lowest, highest] }: ApiHandler): ApiVersionsResponseApiVersionInput {
  return { apiKey: api.key, minVersion: Math.min(lowest, api.advertisedMinVersion), maxVersion: highest }
}
