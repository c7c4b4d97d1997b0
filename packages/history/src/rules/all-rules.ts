/** Every rule, in the order in which findings are told. */

import { abortedRead } from './aborted-read.ts'
import { duplicate } from './duplicate.ts'
import { exactlyOnce } from './exactly-once.ts'
import { expelledCommit } from './expelled-commit.ts'
import { fencedProducer } from './fenced-producer.ts'
import { lostCommit } from './lost-commit.ts'
import { lostWrite } from './lost-write.ts'
import { nonMonotonicCommit } from './non-monotonic-commit.ts'
import { nonMonotonicPoll } from './non-monotonic-poll.ts'
import { nonMonotonicSend } from './non-monotonic-send.ts'
import { offsetBeyondEnd } from './offset-beyond-end.ts'
import { offsetConflict } from './offset-conflict.ts'
import { overlappingOwners } from './overlapping-owners.ts'
import { phantomRead } from './phantom-read.ts'
import { pollSkip } from './poll-skip.ts'
import { reordering } from './reordering.ts'
import type { Rule } from './rule.ts'
import { stuckConsumer } from './stuck-consumer.ts'
import { stuckProducer } from './stuck-producer.ts'
import { twoOwners } from './two-owners.ts'
import { uncommittedRead } from './uncommitted-read.ts'
import { unownedRead } from './unowned-read.ts'
import { unseen } from './unseen.ts'

export const allRules: readonly Rule[] = [
  lostWrite,
  offsetConflict,
  duplicate,
  reordering,
  nonMonotonicSend,
  phantomRead,
  abortedRead,
  uncommittedRead,
  nonMonotonicPoll,
  pollSkip,
  unseen,
  unownedRead,
  offsetBeyondEnd,
  nonMonotonicCommit,
  lostCommit,
  twoOwners,
  overlappingOwners,
  expelledCommit,
  fencedProducer,
  exactlyOnce,
  stuckProducer,
  stuckConsumer,
]

export const ruleNames: readonly string[] = allRules.map(({ name }) => name)

/** What each rule holds Kafka to, by name. */
export const rulePromises: ReadonlyMap<string, string> = new Map(allRules.map(({ name, promise }) => [name, promise]))
