/** What goes wrong in a scenario, and how one sees that it did. */

import type { FaultKind, RandomStream } from '@odradek/runtime/sim'
import type { Stage } from '../stage/stage.ts'

export interface FaultName {
  readonly name: string
  /** Kinds that the simulator counts when it takes effect; none when only its strokes can be counted. */
  readonly kinds: readonly FaultKind[]
}

export interface Fault extends FaultName {
  /** Resolves when the fault is over; whatever it leaves behind is mended by `Stage.heal`. False when there was nothing to strike. */
  strike(stage: Stage, random: RandomStream): Promise<boolean>
}
