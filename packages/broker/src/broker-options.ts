/** What `startBroker` takes. */

import type { Runtime } from '@odradek/runtime'
import type { ConfigInput } from './config/config-key.ts'
import type { Logger } from './logger.ts'

export interface TopicOptions {
  /** Default: the broker's `num.partitions`, 1 unless configured. */
  readonly partitions?: number
  /** Kafka's topic configuration: values as Kafka writes them, or as numbers and booleans. */
  readonly configs?: Readonly<Record<string, ConfigInput>>
}

export interface StartBrokerOptions {
  /** Address to listen on. Default 127.0.0.1. `listeners` in `config` replaces host and port. */
  readonly host?: string
  /** Port to listen on. Default 0: a free one. With several nodes each further one takes the next port. */
  readonly port?: number
  /**
   * How many nodes clients see, 1 to 100. Default 1. A facility for tests of what moves between nodes: each has a port and an id
   * (`node.id` and up) of its own, leads partitions and coordinates groups, and can be stopped. They share one process, one data
   * directory and one copy of each log: nothing is replicated, every replica that runs is in sync. Broker settings are common to all;
   * `default.replication.factor` is 3, or `nodes` where that is less. Leaders survive a restart with the same data directory; the number
   * of nodes is not remembered.
   */
  readonly nodes?: number
  /** Where the data is kept. Default: `log.dirs` of `config`, else a temporary directory that `close()` removes. */
  readonly dataDir?: string
  /** Topics to be there when the broker serves; those that exist already are left as they are. */
  readonly topics?: Readonly<Record<string, TopicOptions>>
  /**
   * Kafka's broker configuration: values as Kafka writes them, or as numbers and booleans. Defaults are Kafka's, except
   * group.initial.rebalance.delay.ms, which is 0.
   */
  readonly config?: Readonly<Record<string, ConfigInput>>
  /** Default: the real clock, network and disk. */
  readonly runtime?: Runtime
  /** Default: nothing is logged. */
  readonly logger?: Logger
}
