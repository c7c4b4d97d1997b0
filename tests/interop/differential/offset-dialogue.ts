/**
 * A conversation about committed offsets, drawn from a seed: commits, fetches and deletions in every version, some of them faulty, and
 * commits that are part of a transaction. The transcript of the lab says what was answered.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  addOffsetsToTxn,
  endTxn,
  ErrorCodes,
  findCoordinator,
  initProducerId,
  metadata,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  txnOffsetCommit,
} from '@odradek/protocol'
import type { Dice } from '../../fuzz/mutations.ts'
import type { Connection, Lab } from '../../golden/groups/lab.ts'

const names: readonly string[] = ['orders', 'orders', 'bills', 'nowhere', 'not a name!']
const unknownTopicId = 'c3VjY2Vzc29yLXN1Y2Nlcw'
/** Codes of coordinators that are still at something: asked again. */
const passing: ReadonlySet<number> = new Set([
  ErrorCodes.CONCURRENT_TRANSACTIONS,
  ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCodes.COORDINATOR_NOT_AVAILABLE,
  ErrorCodes.NOT_COORDINATOR,
])

export class OffsetDialogue {
  readonly #lab: Lab
  readonly #dice: Dice
  readonly #name: string
  readonly #connection: Connection
  readonly #topicIds: ReadonlyMap<string, string>
  #producer: { readonly producerId: number; readonly producerEpoch: number } | undefined
  #isInTransaction = false

  private constructor(lab: Lab, dice: Dice, name: string, connection: Connection, topicIds: ReadonlyMap<string, string>) {
    this.#lab = lab
    this.#dice = dice
    this.#name = name
    this.#connection = connection
    this.#topicIds = topicIds
  }

  static async start(lab: Lab, dice: Dice, name: string): Promise<OffsetDialogue> {
    const connection = await lab.connect(name)
    const asked = { topics: [{ name: 'orders' }, { name: 'bills' }], allowAutoTopicCreation: false }
    const { topics } = await connection.request(metadata, 12, asked)
    const topicIds = new Map(topics.map((topic) => [topic.name ?? '', topic.topicId]))
    for (const [topic, id] of topicIds) lab.alias(id, `id of ${topic}`)
    const dialogue = new OffsetDialogue(lab, dice, name, connection, topicIds)
    await dialogue.#makeGroups()
    return dialogue
  }

  /**
   * Each has an offset that is never deleted: a group without any lives on in Apache Kafka's memory until a restart, which ours has no
   * counterpart of.
   */
  async #makeGroups(): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }]
    for (const index of [0, 1]) {
      const request = { groupId: `${this.#name} ${index}`, memberId: '', topics: [{ name: 'bills', partitions }] }
      await this.#lab.ask('makes a group', this.#connection, offsetCommit, 9, request)
    }
  }

  async step(): Promise<void> {
    const roll = this.#dice.below(100)
    if (roll < 45) await this.#commit()
    else if (roll < 75) await this.#fetch()
    else if (roll < 83) await this.#delete()
    else await this.#transact()
  }

  #groupId(): string {
    return this.#dice.below(12) === 0 ? '' : `${this.#name} ${this.#dice.below(2)}`
  }

  #topic(byId: boolean): { readonly name: string } | { readonly topicId: string } {
    const name = this.#dice.pick(names)
    return byId ? { topicId: this.#topicIds.get(name) ?? unknownTopicId } : { name }
  }

  #partitions(): { partitionIndex: number; committedOffset: number; committedMetadata: string | null }[] {
    return [...new Set([this.#dice.below(3), this.#dice.below(3)])].map((partitionIndex) => ({
      partitionIndex,
      committedOffset: this.#dice.below(8) === 0 ? -1 : this.#dice.below(1000),
      committedMetadata: this.#dice.pick([null, '', 'note', 'é'.repeat(100), 'x'.repeat(4096), 'x'.repeat(4097)]),
    }))
  }

  /** Mostly of nobody; a group without members has no generation. */
  #member(withInstance: boolean): { generation: number; memberId: string; groupInstanceId: string | null } {
    if (this.#dice.below(4) > 0) return { generation: -1, memberId: '', groupInstanceId: null }
    const groupInstanceId = withInstance ? this.#dice.pick([null, 'i']) : null
    return { generation: this.#dice.pick([-1, 0, 3]), memberId: this.#dice.pick(['', 'nobody']), groupInstanceId }
  }

  async #commit(): Promise<void> {
    const version = 2 + this.#dice.below(9)
    const { generation, memberId, groupInstanceId } = this.#member(version >= 7)
    const topics = Array.from({ length: this.#dice.below(3) }, () => ({
      ...this.#topic(version >= 10),
      partitions: this.#partitions().map((each) => (version >= 6 ? { ...each, committedLeaderEpoch: this.#dice.pick([-1, 0, 5]) } : each)),
    }))
    const request = {
      groupId: this.#groupId(),
      generationIdOrMemberEpoch: generation,
      memberId,
      ...(version >= 7 ? { groupInstanceId } : {}),
      ...(version <= 4 ? { retentionTimeMs: this.#dice.pick([-1, 0, 3_600_000]) } : {}),
      topics: unlike(topics),
    }
    await this.#lab.ask(describe('commits', request), this.#connection, offsetCommit, version, request)
  }

  async #fetch(): Promise<void> {
    const version = 1 + this.#dice.below(10)
    const stable = version >= 7 ? { requireStable: this.#dice.below(2) === 0 } : {}
    const some = (): { name?: string; topicId?: string; partitionIndexes: number[] }[] =>
      unlike(Array.from({ length: 2 }, () => ({ ...this.#topic(version >= 10), partitionIndexes: [0, 1, 2] })))
    const all = version >= 2 && this.#dice.below(3) === 0
    if (version < 8) {
      const topics = all ? null : some().map(({ name = '', partitionIndexes }) => ({ name, partitionIndexes }))
      const request = { groupId: this.#groupId(), topics, ...stable }
      await this.#lab.ask(describe('fetches', request), this.#connection, offsetFetch, version, request)
      return
    }
    const member = version >= 9 && this.#dice.below(4) === 0 ? { memberId: 'nobody', memberEpoch: this.#dice.pick([-1, 0, 2]) } : {}
    const groupIds = new Set([this.#groupId(), this.#groupId()])
    const groups = [...groupIds].map((groupId) => ({ groupId, ...member, topics: all ? null : some() }))
    await this.#lab.ask(describe('fetches', { groups, ...stable }), this.#connection, offsetFetch, version, { groups, ...stable })
  }

  async #delete(): Promise<void> {
    const topics = [{ name: this.#dice.pick(names), partitions: [{ partitionIndex: 1 + this.#dice.below(2) }] }]
    const request = { groupId: this.#dice.below(6) === 0 ? `${this.#name} absent` : this.#groupId(), topics }
    await this.#lab.ask(describe('deletes', request), this.#connection, offsetDelete, 0, request)
  }

  /** The next step of a transaction. */
  async #transact(): Promise<void> {
    const transactionalId = this.#name
    this.#producer ??= await this.#producerId(transactionalId)
    const self = { transactionalId, ...this.#producer }
    const groupId = `${this.#name} ${this.#dice.below(2)}`
    if (this.#isInTransaction && this.#dice.below(2) === 0) {
      const committed = this.#dice.below(3) > 0
      const ended = await this.#untilPast(() => this.#connection.request(endTxn, 3, { ...self, committed }))
      this.#lab.note(`${committed ? 'commits' : 'aborts'} the transaction`, ended)
      this.#isInTransaction = false
      await this.#untilStable()
      return
    }
    const added = await this.#untilPast(() => this.#connection.request(addOffsetsToTxn, 3, { ...self, groupId }))
    this.#lab.note(`adds the group to the transaction`, added)
    this.#isInTransaction = true
    const version = this.#dice.below(4)
    const { generation, memberId, groupInstanceId } = this.#member(true)
    const member = version >= 3 ? { generationId: generation, memberId, groupInstanceId } : {}
    const topics = unlike([{ name: this.#dice.pick(names), partitions: this.#partitions() }])
    const request = { ...self, groupId, ...member, topics }
    await this.#lab.ask(
      describe('commits in the transaction', { groupId, ...member, topics }),
      this.#connection,
      txnOffsetCommit,
      version,
      request,
    )
  }

  async #producerId(transactionalId: string): Promise<{ producerId: number; producerEpoch: number }> {
    await this.#untilPast(async () => {
      const { coordinators } = await this.#connection.request(findCoordinator, 4, { keyType: 1, coordinatorKeys: [transactionalId] })
      return { errorCode: coordinators[0]?.errorCode ?? 0 }
    })
    const ask = { transactionalId, transactionTimeoutMs: 60_000 }
    const { producerId, producerEpoch } = await this.#untilPast(() => this.#connection.request(initProducerId, 4, ask))
    return { producerId, producerEpoch }
  }

  async #untilPast<Response extends { readonly errorCode: number }>(ask: () => Promise<Response>): Promise<Response> {
    for (let left = 200; ; left--) {
      const response = await ask()
      if (left === 0 || !passing.has(response.errorCode)) return response
      await sleep(25)
    }
  }

  /** The end of a transaction is answered before the group has heard of it. */
  async #untilStable(): Promise<void> {
    const topics = ['orders', 'bills'].map((name) => ({ name, partitionIndexes: [0, 1, 2] }))
    const groups = [0, 1].map((index) => ({ groupId: `${this.#name} ${index}`, topics }))
    for (let left = 200; left > 0; left--) {
      const response = await this.#connection.request(offsetFetch, 9, { groups, requireStable: true })
      const codes = response.groups.flatMap((group) =>
        group.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
      )
      if (!codes.includes(ErrorCodes.UNSTABLE_OFFSET_COMMIT)) return
      await sleep(25)
    }
  }
}

/** No topic twice: what comes of those is nobody's promise. */
function unlike<Topic extends object>(topics: readonly Topic[]): Topic[] {
  const keyOf = (topic: Topic): string => JSON.stringify(['name' in topic && topic.name, 'topicId' in topic && topic.topicId])
  return [...new Map(topics.map((topic) => [keyOf(topic), topic])).values()]
}

/** What was asked, long metadata shortened; topic ids are each broker's own. */
function describe(verb: string, request: object): string {
  const text = JSON.stringify(request).replaceAll(/"([xé])\1{50,}"/g, (long, letter: string) => `"${letter} × ${long.length - 2}"`)
  return `${verb} ${text.replaceAll(/"topicId":"[\w-]{22}"/g, '"topicId":"…"')}`
}
