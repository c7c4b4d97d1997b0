// A zombie on our broker: stopped in the middle of a transaction, continued when that is over, fenced.

import { describe, it } from 'node:test'
import { startBroker } from '@odradek/broker'
import { assertZombieIsFenced, endings, zombieConfigs } from './pipeline/zombie.ts'

describe('an instance that was stopped in a transaction is fenced, and nothing of it is visible', { concurrency: true }, () => {
  for (const ending of endings) {
    it(`when that was ended by ${ending}`, { timeout: 120_000 }, async (t) => {
      await using broker = await startBroker({ config: zombieConfigs })
      await assertZombieIsFenced(broker.bootstrapServers, ending, (line) => t.diagnostic(line))
    })
  }
})
