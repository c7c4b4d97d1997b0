/** Every scenario by its name. A new one is a file here and a line below. */

import type { ScenarioOf } from '../scenario.ts'
import { storm } from './storm.ts'

export const scenarios: Readonly<Record<string, ScenarioOf>> = { storm }
