/** The quotas that this broker acts on, by Kafka's keys, and for whom each may be set. */

export type QuotaEntityType = 'user' | 'client-id' | 'ip'

export interface QuotaKey {
  readonly doc: string
  readonly kind: 'client' | 'ip'
  /** Kafka takes these as whole numbers. */
  readonly isInteger: boolean
}

export const quotaKeys: Readonly<Record<string, QuotaKey>> = {
  producer_byte_rate: { doc: 'Bytes a second that may be produced.', kind: 'client', isInteger: true },
  consumer_byte_rate: { doc: 'Bytes a second that may be fetched.', kind: 'client', isInteger: true },
  connection_creation_rate: { doc: 'Connections a second that may be opened.', kind: 'ip', isInteger: true },
}

/** Kafka's, which bound threads and controller work that a broker of one event loop and one node does not have. */
export const quotaKeysWithoutEffect: ReadonlySet<string> = new Set(['request_percentage', 'controller_mutation_rate'])

export function isQuotaEntityType(text: string): text is QuotaEntityType {
  return text === 'user' || text === 'client-id' || text === 'ip'
}
