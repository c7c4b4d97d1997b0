// Ten thousand seeds over all scenarios, as `npm run simulate -- --count 10000` runs them.

import { describe } from 'node:test'
import { simulateSeeds } from '../simulation/seeds.ts'

describe('ten thousand seeds', () => simulateSeeds(Number(process.env['ODRADEK_SEED'] ?? 1), 10_000))
