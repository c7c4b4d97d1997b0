/** What the application is to do about errors of its group that only it can mend. */

import { ErrorCodes } from '@odradek/protocol'
import { brokerError } from '../../errors/broker-error-actions.ts'
import { BrokerError } from '../../errors/kafka-error.ts'

type Situation = 'expelled' | 'fenced' | 'rebalancing' | 'foreign'

export const advice: Readonly<Record<Situation, string>> = {
  expelled:
    "its partitions may be another member's by now, to whom the records since the last commit come again; call poll() to rejoin; where polls are too far apart, raise max.poll.interval.ms or lower max.poll.records",
  fenced:
    'another consumer has joined with this group.instance.id and has the partitions, and gets the records since the last commit again; close this one, and give each instance an id of its own',
  rebalancing: 'nothing was committed; call poll(), which ends the rebalance, then commit again what is still assigned',
  foreign:
    'the group has members, and this consumer, which took its partitions by assign(), is none of them: nothing was committed; give it a group.id of its own, or subscribe()',
}

export function advise(error: BrokerError, what: string): BrokerError {
  return new BrokerError(error.code, error.errorCode, `${error.message}; ${what}`, { fatal: error.fatal })
}

/** What the coordinator refuses a member for good with. */
export function refusedByGroup(errorCode: number, what: string): BrokerError {
  const error = brokerError(errorCode, what)
  return errorCode === ErrorCodes.FENCED_INSTANCE_ID ? advise(error, advice.fenced) : error
}
