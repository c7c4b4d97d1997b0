// Three hundred seeds over all scenarios, as `npm run simulate -- --count 300` runs them.

import { describe } from 'node:test'
import { simulateSeeds } from '../simulation/seeds.ts'

describe('three hundred seeds', () => simulateSeeds(Number(process.env['ODRADEK_SEED'] ?? 1), 300))
