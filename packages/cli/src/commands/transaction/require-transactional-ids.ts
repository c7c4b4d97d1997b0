/** The error about transactional ids that do not exist. */

import type { Admin } from '@odradek/client'
import { nearestName } from '@odradek/protocol'
import { CommandError } from '../../errors.ts'

/** Throws `CommandError` naming the first that does not exist and the nearest one that does. */
export async function requireTransactionalIds(admin: Admin, transactionalIds: readonly string[]): Promise<void> {
  const existing = (await admin.listTransactions()).map(({ transactionalId }) => transactionalId)
  for (const transactionalId of transactionalIds) {
    if (existing.includes(transactionalId)) continue
    const nearest = nearestName(transactionalId, existing)
    const suggestion = nearest === undefined ? '.' : `; did you mean "${nearest}"?`
    throw new CommandError(`there is no transactional id "${transactionalId}"${suggestion} List them with: odradek transaction list`)
  }
}
