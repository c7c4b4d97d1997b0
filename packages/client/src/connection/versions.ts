/** Which version of an API to speak: the newest that the broker serves and this client makes full use of. */

import type { AnyApi, ApiVersionsResponse } from '@odradek/protocol'
import { endTxn, produce, txnOffsetCommit } from '@odradek/protocol'
import { UnsupportedError } from '../errors/kafka-error.ts'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/**
 * Where the client does not use all that the protocol package can encode. Below the minimum the request has another shape; above the
 * maximum topics are named by id alone (KIP-516). Brokers from Kafka 3.0 on serve all of these.
 */
const bounds: Readonly<Record<string, VersionRange>> = {
  Produce: { min: 3, max: 12 },
  Fetch: { min: 4, max: 99 },
  ListOffsets: { min: 1, max: 99 },
  Metadata: { min: 4, max: 99 },
  OffsetCommit: { min: 2, max: 9 },
  OffsetFetch: { min: 8, max: 9 },
  FindCoordinator: { min: 4, max: 99 },
  LeaveGroup: { min: 3, max: 99 },
  InitProducerId: { min: 0, max: 5 },
  // Above, it is for brokers.
  AddPartitionsToTxn: { min: 0, max: 3 },
  TxnOffsetCommit: { min: 3, max: 5 },
}

/** The versions that are of the second transaction protocol, which holds where `transaction.version` 2 is finalised (KIP-890). */
const secondProtocolSince: ReadonlyMap<number, number> = new Map([
  [produce.key, 12],
  [txnOffsetCommit.key, 5],
  [endTxn.key, 5],
])

/** What a broker serves, by API key. */
export function servedVersions({ apiKeys, finalizedFeatures }: ApiVersionsResponse): ReadonlyMap<number, VersionRange> {
  const level = finalizedFeatures.find(({ name }) => name === 'transaction.version')?.maxVersionLevel ?? 0
  return new Map(
    apiKeys.map(({ apiKey, minVersion, maxVersion }): [number, VersionRange] => {
      const since = level >= 2 ? undefined : secondProtocolSince.get(apiKey)
      return [apiKey, { min: minVersion, max: since === undefined ? maxVersion : Math.min(maxVersion, since - 1) }]
    }),
  )
}

/** Throws UnsupportedError when there is none. */
export function negotiateVersion(api: AnyApi, broker: VersionRange | undefined, address: string): number {
  if (broker === undefined) throw new UnsupportedError(`The broker at ${address} does not serve ${api.name}`)
  const min = Math.max(api.minVersion, bounds[api.name]?.min ?? 0)
  const max = Math.min(api.maxVersion, bounds[api.name]?.max ?? api.maxVersion)
  const version = Math.min(max, broker.max)
  if (version < Math.max(min, broker.min)) {
    throw new UnsupportedError(
      `The broker at ${address} serves ${api.name} in versions ${broker.min} to ${broker.max}, this client speaks ${min} to ${max}`,
    )
  }
  return version
}
