/** The quotas that have been set, by whom they are for (KIP-546): what the metadata log adds up to. */

import type { ClientQuotaRecord, QuotaEntityPart } from './metadata-records.ts'

/** The parts in the order of their types; a name of null is the default of its type. */
export type QuotaEntity = readonly QuotaEntityPart[]

export interface QuotaEntry {
  readonly entity: QuotaEntity
  /** By quota key, such as `producer_byte_rate`. Never empty. */
  readonly values: ReadonlyMap<string, number>
}

const noValues: ReadonlyMap<string, number> = new Map()

export class ClientQuotas {
  readonly #byEntity = new Map<string, QuotaEntry>()
  #revision = 0

  /** Grows with each change: what was derived from an older one has to be derived again. */
  get revision(): number {
    return this.#revision
  }

  get entries(): Iterable<QuotaEntry> {
    return this.#byEntity.values()
  }

  values(entity: QuotaEntity): ReadonlyMap<string, number> {
    return this.#byEntity.get(keyOf(entity))?.values ?? noValues
  }

  apply({ entity, key, value, remove }: ClientQuotaRecord): void {
    this.#revision++
    const entityKey = keyOf(entity)
    const values = new Map(this.#byEntity.get(entityKey)?.values)
    if (remove) values.delete(key)
    else values.set(key, value)
    if (values.size === 0) this.#byEntity.delete(entityKey)
    else this.#byEntity.set(entityKey, { entity: ordered(entity), values })
  }
}

/** Two entities are the same when this is. */
export function keyOf(entity: QuotaEntity): string {
  return JSON.stringify(ordered(entity).map(({ entityType, entityName }) => [entityType, entityName]))
}

function ordered(entity: QuotaEntity): QuotaEntity {
  return [...entity].sort((left, right) => (left.entityType < right.entityType ? -1 : 1))
}
