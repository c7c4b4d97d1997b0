/** What a scenario says: the cluster, who works on it, what goes wrong, and for how long. Times are simulated. */

import type { AssignorName, ConsumerOptions, ProducerOptions, TopicPartition } from '@odradek/client'
import type { NetworkFaults, Range } from '@odradek/runtime/sim'
import type { Fault } from './faults/fault.ts'
import type { Life } from './stage/program.ts'
import type { Stage } from './stage/stage.ts'

/** The client's options, but for what the workload itself decides. */
export type ProducerSettings = Omit<ProducerOptions<string, string>, 'key' | 'value'>
export type ConsumerSettings = Omit<ConsumerOptions<string, string>, 'key' | 'value' | 'groupId' | 'enableAutoCommit' | 'groupInstanceId'>

export interface TopicSpec {
  readonly partitions: number
  /** Partitions that it has in the end, when one of the scenario's programs makes it grow. */
  readonly grownTo?: number
  readonly configs?: Readonly<Record<string, string>>
}

export interface ProducersSpec {
  readonly topic: string
  /** Programs of this kind, each on a host of its own. Default 1. */
  readonly count?: number
  /** Records each sends while the weather lasts, at most. */
  readonly records: number
  /** Pause between two sends; now and then there is none. */
  readonly everyMs: Range
  /** Different keys; 0 sends without keys. Default 7. */
  readonly keys?: number
  /** Longest filling added to a value. Default 60. */
  readonly paddingBytes?: number
  readonly config?: ProducerSettings
}

export interface GroupSpec {
  readonly group: string
  readonly topics: readonly string[]
  /** Programs, each on a host of its own. */
  readonly members: number
  /** `auto` is auto-commit; `mixed` takes `sync` and `async` in turns. */
  readonly commit: 'auto' | 'sync' | 'async' | 'mixed'
  /** Static members keep their place over a restart. */
  readonly isStatic?: boolean
  /** How long a member works on what one poll gave it. */
  readonly workMs?: Range
  /** Lists of assignors, of which every stay of a member takes one; each of its assignments is judged. As `config` says when absent. */
  readonly assignors?: readonly (readonly AssignorName[])[]
  readonly config?: ConsumerSettings
}

/** Programs that read a topic as members of a group and write another in transactions. */
export interface PipelineSpec {
  readonly group: string
  readonly input: string
  readonly output: string
  /** Programs, each on a host of its own with a `transactional.id` of its own. */
  readonly instances: number
  /** How long an instance works on what one poll gave it. */
  readonly workMs?: Range
  readonly config?: ProducerSettings
}

/** Consumers without a group: all partitions of a topic, assigned by hand, with a seek every few polls. */
export interface ReadersSpec {
  readonly topic: string
  readonly count: number
  readonly config?: ConsumerSettings
}

export interface Scenario {
  readonly name: string
  /** One sentence: what it is there to find. */
  readonly about: string
  /** How many nodes the broker shows. Default 1. */
  readonly nodes?: number
  /** Kafka's broker configuration, as text. */
  readonly config?: Readonly<Record<string, string>>
  readonly topics: Readonly<Record<string, TopicSpec>>
  readonly producers: readonly ProducersSpec[]
  readonly groups?: readonly GroupSpec[]
  readonly pipelines?: readonly PipelineSpec[]
  readonly readers?: readonly ReadersSpec[]
  /** Programs of the scenario's own, by host; they end by themselves soon after `stage.isCalm`. */
  readonly programs?: Readonly<Record<string, (stage: Stage) => (life: Life) => Promise<void>>>
  /** One of these strikes every so often. */
  readonly faults: readonly Fault[]
  readonly faultEveryMs: Range
  /** Probabilities on every link while the weather lasts. */
  readonly network?: Partial<NetworkFaults>
  /** How long the weather lasts. */
  readonly weatherMs: number
  /** How long everything may take to come to its end afterwards. Default 120 s. */
  readonly calmMs?: number
  /** The disk was healed by hand: the broker is started anew when the weather is over. */
  readonly restartsAfterwards?: boolean
  /** Acknowledged records may be lost, if power was, unless this many milliseconds had passed. */
  readonly unsyncedMs?: number
}

/** Drawn by the seed, so that seeds differ in more than the order of things. */
export type ScenarioOf = (pick: Pick) => Scenario

export interface Pick {
  one<T>(...choices: readonly T[]): T
  int(min: number, max: number): number
  chance(probability: number): boolean
  /** Some of these, at least one. */
  some<T>(choices: readonly T[]): T[]
}

export function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
