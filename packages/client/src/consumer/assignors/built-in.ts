/** The assignors that come with the client, by their names in `partition.assignment.strategy`, and what a list of assignors agrees on. */

import { ConfigError } from '../../errors/kafka-error.ts'
import type { Assignor, RebalanceProtocol } from './assignor.ts'
import { rangeAssignor } from './range.ts'
import { roundRobinAssignor } from './round-robin.ts'
import { CooperativeStickyAssignor, StickyAssignor } from './sticky/sticky.ts'

export type AssignorName = 'range' | 'round-robin' | 'sticky' | 'cooperative-sticky'

const makers: Readonly<Record<AssignorName, () => Assignor>> = {
  range: () => rangeAssignor,
  'round-robin': () => roundRobinAssignor,
  sticky: () => new StickyAssignor(),
  'cooperative-sticky': () => new CooperativeStickyAssignor(),
}

/** A fresh one, to build one's own upon. */
export function createAssignor(name: AssignorName): Assignor {
  return makers[name]()
}

/** Fresh ones for one consumer. Throws ConfigError when there is none, one twice, or nothing that all can do. */
export function createAssignors(chosen: readonly (AssignorName | Assignor)[]): readonly Assignor[] {
  if (chosen.length === 0) throw new ConfigError('partition.assignment.strategy must name an assignor')
  const assignors = chosen.map((each) => (typeof each === 'string' ? createAssignor(each) : each))
  const names = assignors.map(({ protocolName }) => protocolName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new ConfigError(`partition.assignment.strategy has '${twice}' twice`)
  commonProtocol(assignors)
  return assignors
}

/** Cooperative when every assignor supports it, so that a group can change over with a list of both. Throws ConfigError. */
export function commonProtocol(assignors: readonly Assignor[]): RebalanceProtocol {
  const isCommon = (protocol: RebalanceProtocol): boolean =>
    assignors.every(({ rebalanceProtocols = ['eager'] }) => rebalanceProtocols.includes(protocol))
  if (isCommon('cooperative')) return 'cooperative'
  if (isCommon('eager')) return 'eager'
  const names = assignors.map(({ protocolName }) => `'${protocolName}'`).join(', ')
  throw new ConfigError(`The assignors ${names} have no rebalance protocol in common; choose ones that are all eager or all cooperative`)
}
