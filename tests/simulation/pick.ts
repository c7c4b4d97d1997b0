/** Owns the draws by which a seed chooses among what a scenario offers. */

import type { RandomStream } from '@odradek/runtime/sim'
import type { Pick } from './scenario.ts'

export function pickFrom(random: RandomStream): Pick {
  return {
    one: (...choices) => {
      const choice = choices[random.int(choices.length)]
      if (choice === undefined) throw new RangeError('nothing to choose from')
      return choice
    },
    int: (min, max) => min + random.int(max - min + 1),
    chance: (probability) => random.chance(probability),
    some: (choices) => {
      const sure = random.int(choices.length)
      return choices.filter((_, index) => random.chance(0.5) || index === sure)
    },
  }
}
