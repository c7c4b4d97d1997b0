/** All shards of one internal topic: routing of keys to shards, loading, and what concerns every shard. */

import { ErrorCodes } from '@odradek/protocol'
import type { Clock, Codecs } from '@odradek/runtime'
import type { Logger } from '../../logger.ts'
import { CoordinatorError } from './coordinator-error.ts'
import type { CoordinatorLog } from './coordinator-log.ts'
import { CoordinatorShard } from './coordinator-shard.ts'
import { coordinatorPartition } from './java-hash.ts'
import type { StateMachine } from './outcome.ts'

/** Shards replayed at the same time when the broker starts. */
const loadsAtOnce = 4

export interface ShardedCoordinatorOptions<Machine extends StateMachine> {
  readonly topic: string
  readonly clock: Clock
  readonly codecs: Codecs
  readonly logger: Logger
  readonly baseSequence: number
  readonly writeTimeoutMs: number
  readonly openLog: (partition: number) => Promise<CoordinatorLog>
  readonly createMachine: (shard: CoordinatorShard<Machine>) => Machine
}

export class ShardedCoordinator<Machine extends StateMachine> {
  readonly #options: ShardedCoordinatorOptions<Machine>
  #shards: CoordinatorShard<Machine>[] = []

  constructor(options: ShardedCoordinatorOptions<Machine>) {
    this.#options = options
  }

  get shards(): readonly CoordinatorShard<Machine>[] {
    return this.#shards
  }

  /**
   * Makes the shards and loads them one after the other, those of partitions without a leader left out. Returns at once; until it is
   * its turn, or someone asks for it, a shard is loading.
   */
  start(partitionCount: number, isLed: (partition: number) => boolean = () => true): void {
    if (this.#shards.length > 0) return
    const { openLog } = this.#options
    this.#shards = Array.from(
      { length: partitionCount },
      (_, partition) => new CoordinatorShard({ ...this.#options, partition, openLog: () => openLog(partition) }),
    )
    for (const shard of this.#shards) if (!isLed(shard.partition)) shard.changeLeader(false)
    const waiting = [...this.#shards]
    const loadInTurn = async (): Promise<void> => {
      for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift()) await shard.load()
    }
    for (let turn = 0; turn < loadsAtOnce; turn++) void loadInTurn()
  }

  /** Another node leads the partition now, or none does. */
  changeLeader(partition: number, isLed: boolean): void {
    this.#shards[partition]?.changeLeader(isLed)
  }

  /** The shard of a group id or transactional id. Throws NOT_COORDINATOR before the internal topic exists. */
  shardOf(key: string): CoordinatorShard<Machine> {
    const shard = this.#shards[this.partitionOf(key)]
    if (shard === undefined) throw new CoordinatorError(ErrorCodes.NOT_COORDINATOR)
    return shard
  }

  /** The partition of a key; NaN before the internal topic exists. */
  partitionOf(key: string): number {
    return coordinatorPartition(key, this.#shards.length)
  }

  close(): void {
    for (const shard of this.#shards) shard.close()
    this.#shards = []
  }
}
