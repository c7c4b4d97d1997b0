/** Timers and completed writes: what happens to a group other than by request. */

import { completeJoin, initialDelayPassed } from './rebalance.ts'
import { sessionExpired } from './leave.ts'
import { staticMemberStored } from './static-member.ts'
import { assignmentRefused, assignmentStored, syncTimedOut } from './sync.ts'
import type { GroupEvent, Transition, TransitionContext } from './transition.ts'

export function onGroupEvent(transition: Transition, event: GroupEvent, context: TransitionContext): void {
  switch (event.kind) {
    case 'sessionExpired':
      return sessionExpired(transition, event.memberId, context)
    case 'initialDelayPassed':
      return initialDelayPassed(transition, event.delayMs, event.remainingMs, context)
    case 'rebalanceTimedOut':
      return completeJoin(transition, context)
    case 'syncTimedOut':
      return syncTimedOut(transition, event.generationId, context)
    case 'assignmentStored':
      return assignmentStored(transition, event.generationId, event.assignments, context)
    case 'assignmentRefused':
      return assignmentRefused(transition, event.generationId, event.errorCode, context)
    case 'staticMemberStored':
      return staticMemberStored(transition, event.memberId, event.previousLeaderId, event.maySkip)
  }
}
