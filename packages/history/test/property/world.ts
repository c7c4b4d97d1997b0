/** A tiny broker and its clients that do at random what Kafka allows, and record it. */

import { fetchedOf, type HistoryEvent, HistoryRecorder, type Recording } from '../../src/index.ts'

export const TOPIC = 'orders'
export const GROUP = 'billing'
export const PARTITIONS = 2
const SESSION_MS = 10_000

/** A slot of a log: a record, or (no value) a control record. */
export interface Slot {
  readonly value: string | undefined
  readonly producer: string
  readonly transaction: Transaction | undefined
}

export interface Transaction {
  readonly name: string
  state: 'open' | 'committed' | 'aborted'
  readonly partitions: Set<number>
}

interface Send {
  readonly value: string
  readonly partition: number
  readonly recording: Recording<[partition: number, offset: number]>
  readonly transaction: Transaction | undefined
}

interface Producer {
  readonly client: string
  readonly kind: 'idempotent' | 'plain' | 'transactional'
  readonly queue: Send[]
  transaction: Transaction | undefined
}

export interface Consumer {
  readonly client: string
  readonly isCommitted: boolean
  readonly positions: Map<number, number>
  isGrouped: boolean
  isZombie: boolean
}

export class World {
  readonly events: HistoryEvent[] = []
  readonly recorder: HistoryRecorder
  readonly logs: Slot[][] = Array.from({ length: PARTITIONS }, () => [])
  readonly starts: number[] = Array.from({ length: PARTITIONS }, () => 0)
  readonly producers: Producer[] = []
  readonly committed: Map<number, number> = new Map()
  members: Consumer[] = []
  generation = 0
  /** Whether polls are lost and old records go: either would excuse what is planted. */
  isRough = true
  #nowMs = 0
  #names = 0
  #state: number

  constructor(seed: number) {
    this.#state = seed * 2654435761 + 1
    this.recorder = new HistoryRecorder({ now: () => ++this.#nowMs, write: (event) => void this.events.push(event) })
    this.recorder.topic({ topic: TOPIC, partitions: PARTITIONS })
    for (const kind of ['idempotent', 'idempotent', 'plain', 'transactional'] as const) this.#openProducer(kind)
  }

  random(bound: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0
    return Math.floor(((this.#state >>> 0) / 2 ** 32) * bound)
  }

  name(prefix: string): string {
    this.#names += 1
    return `${prefix}-${this.#names}`
  }

  pass(ms: number): void {
    this.#nowMs += ms
  }

  #openProducer(kind: Producer['kind']): void {
    const client = this.name(kind)
    this.producers.push({ client, kind, queue: [], transaction: undefined })
    const transactional = kind === 'transactional' ? { transactionalId: client } : {}
    this.recorder.openProducer({ client, process: client, acks: 'all', idempotent: kind !== 'plain', ...transactional })
    if (kind === 'transactional') this.recorder.init({ client }).ok()
  }

  step(): void {
    const producer = this.producers[this.random(this.producers.length)] as Producer
    const choice = this.random(100)
    if (choice < 30) this.#invokeSend(producer)
    else if (choice < 55) this.#answerSend(producer)
    else if (choice < 62) this.#endTransaction(producer)
    else if (choice < 82) this.#pollSomebody()
    else if (choice < 92) this.#commitSomebody()
    else if (choice < 95) this.rebalance()
    else if (choice < 96) this.#silence()
    else if (choice < 97) this.#retain()
    else if (choice < 98) this.recorder.faultOnce('cut', producer.client)
    else if (choice < 99) this.#askBounds()
    else this.pass(SESSION_MS / 5)
  }

  #invokeSend(producer: Producer): void {
    const { client, queue } = producer
    if (queue.length > 4) return
    if (producer.kind === 'transactional') {
      producer.transaction ??= { name: this.name('transaction'), state: 'open', partitions: new Set() }
    }
    const { transaction } = producer
    const value = this.name('value')
    const partition = this.random(PARTITIONS)
    const within = transaction === undefined ? {} : { transaction: transaction.name }
    queue.push({ value, partition, transaction, recording: this.recorder.send({ client, topic: TOPIC, partition, value, ...within }) })
  }

  /** Most are written and acknowledged; some are written and nobody hears of it, some not written, and nobody hears of that. */
  #answerSend({ queue, kind, client }: Producer): void {
    const send = queue.shift()
    if (send === undefined) return
    const { partition, recording, value, transaction } = send
    const luck = this.random(20)
    if (luck === 0) return recording.info('TIMEOUT')
    if (luck === 1 && transaction === undefined) return recording.fail('RECORD_TOO_LARGE')
    transaction?.partitions.add(partition)
    const offset = this.append(partition, { value, producer: client, transaction })
    if (luck === 2 && kind === 'plain') this.append(partition, { value, producer: client, transaction })
    if (luck === 3) recording.info('TIMEOUT')
    else recording.ok(partition, offset)
  }

  append(partition: number, slot: Slot): number {
    const log = this.logs[partition] as Slot[]
    return log.push(slot) - 1
  }

  #endTransaction(producer: Producer): void {
    const { transaction, client } = producer
    if (transaction === undefined) return
    while (producer.queue.length > 0) this.#answerSend(producer)
    const commit = this.random(3) > 0
    const recording = this.recorder.end({ client, transaction: transaction.name, commit })
    const luck = this.random(10)
    // A commit that never arrives is aborted by and by.
    transaction.state = commit && luck !== 0 ? 'committed' : 'aborted'
    for (const partition of transaction.partitions) this.append(partition, { value: undefined, producer: client, transaction })
    if (luck < 2) recording.info('TIMEOUT')
    else recording.ok()
    producer.transaction = undefined
  }

  #pollSomebody(): void {
    const consumer = this.members[this.random(this.members.length)]
    if (consumer !== undefined) this.poll(consumer, 1 + this.random(6), this.isRough && this.random(30) === 0)
  }

  /** Up to `max` records of each partition; when the poll is lost, its records are too. */
  poll(consumer: Consumer, max: number, isLost = false, change: (values: Read[]) => Read[] = (reads) => reads): number {
    const recording = this.recorder.poll({ client: consumer.client })
    const reads = [...consumer.positions.keys()].flatMap((partition) => this.#fetch(consumer, partition, max))
    if (isLost) recording.info('a deserializer threw')
    else {
      const positions = [...consumer.positions].map(([partition, offset]) => ({ topic: TOPIC, partition, offset }))
      recording.ok(fetchedOf(change(reads)), positions)
    }
    return reads.length
  }

  #fetch(consumer: Consumer, partition: number, max: number): Read[] {
    const log = this.logs[partition] as Slot[]
    const end = consumer.isCommitted ? this.#stableEnd(log) : log.length
    const reads: Read[] = []
    let offset = Math.max(consumer.positions.get(partition) ?? 0, this.starts[partition] as number)
    for (; offset < end && reads.length < max; offset++) {
      const { value, transaction } = log[offset] as Slot
      if (value === undefined || (consumer.isCommitted && transaction?.state === 'aborted')) continue
      reads.push({ topic: TOPIC, partition, offset, value })
    }
    consumer.positions.set(partition, offset)
    return reads
  }

  #stableEnd(log: readonly Slot[]): number {
    const open = log.findIndex(({ transaction }) => transaction?.state === 'open')
    return open === -1 ? log.length : open
  }

  #commitSomebody(): void {
    const consumer = this.members[this.random(this.members.length)]
    if (consumer !== undefined && consumer.positions.size > 0) this.commit(consumer, this.random(10))
  }

  commit(consumer: Consumer, luck = 9): void {
    const offsets = [...consumer.positions].map(([partition, offset]) => ({ topic: TOPIC, partition, offset }))
    const recording = this.recorder.commit({ client: consumer.client, group: GROUP, offsets })
    if (consumer.isZombie) return recording.fail('ILLEGAL_GENERATION')
    if (luck > 0) for (const { partition, offset } of offsets) this.committed.set(partition, offset)
    if (luck < 2) recording.info('TIMEOUT')
    else recording.ok()
  }

  openMember(isCommitted = true): Consumer {
    const consumer: Consumer = { client: this.name('member'), isCommitted, positions: new Map(), isGrouped: true, isZombie: false }
    this.recorder.openConsumer({
      client: consumer.client,
      process: consumer.client,
      group: GROUP,
      isolation: isCommitted ? 'read_committed' : 'read_uncommitted',
      reset: 'earliest',
      sessionTimeoutMs: SESSION_MS,
    })
    return consumer
  }

  /** Somebody joins, leaves or dies; all give up what they have, and the next generation begins where the commits are. */
  rebalance(): void {
    for (const member of this.members.filter(({ isZombie }) => isZombie)) this.#give(member, true)
    const leaver = this.members[this.random(3)]
    if (leaver !== undefined && this.members.length > 1) {
      if (this.random(2) === 0) this.recorder.close(leaver.client)
      else this.recorder.crash(leaver.client)
      this.members = this.members.filter((member) => member !== leaver)
    }
    for (const member of this.members) this.#give(member, false)
    if (this.members.length < 3) this.members.push(this.openMember())
    this.assignAll()
  }

  #give(member: Consumer, lost: boolean): void {
    member.isZombie = false
    if (member.positions.size === 0) return
    if (!lost && this.random(2) === 0) this.commit(member)
    const partitions = [...member.positions.keys()].map((partition) => ({ topic: TOPIC, partition }))
    this.recorder.revoked({ client: member.client, partitions, lost })
    member.positions.clear()
  }

  assignAll(): void {
    this.generation += 1
    for (const [index, member] of this.members.entries()) {
      const mine = this.logs.map((_, partition) => partition).filter((partition) => partition % this.members.length === index)
      const partitions = mine.map((partition) => ({ topic: TOPIC, partition }))
      this.recorder.assigned({ client: member.client, partitions, generation: this.generation })
      for (const partition of mine) member.positions.set(partition, this.committed.get(partition) ?? 0)
    }
  }

  /** A member falls silent for longer than its session; another takes over, and it does not know. */
  #silence(): void {
    const [silent] = this.members
    if (silent === undefined || silent.positions.size === 0 || this.members.some(({ isZombie }) => isZombie)) return
    this.pass(SESSION_MS * 2)
    const heir = this.openMember()
    this.generation += 1
    const taken = [...silent.positions.keys()]
    const partitions = taken.map((partition) => ({ topic: TOPIC, partition }))
    this.recorder.assigned({ client: heir.client, partitions, generation: this.generation })
    for (const partition of taken) heir.positions.set(partition, this.committed.get(partition) ?? 0)
    silent.isZombie = true
    this.members.push(heir)
  }

  #retain(): void {
    if (!this.isRough) return
    const partition = this.random(PARTITIONS)
    const start = this.starts[partition] as number
    this.starts[partition] = start + this.random(Math.min(5, (this.logs[partition] as Slot[]).length - start))
    this.recorder.logStart({ topic: TOPIC, partition, offset: this.starts[partition] })
  }

  #askBounds(): void {
    const [consumer] = this.members
    if (consumer === undefined) return
    const bounds = this.logs.map(({ length }, partition) => ({
      topic: TOPIC,
      partition,
      start: this.starts[partition] as number,
      end: length,
    }))
    this.recorder.bounds({ client: consumer.client, isolation: 'read_uncommitted' }).ok(bounds)
    this.recorder
      .committed({ client: consumer.client, group: GROUP })
      .ok([...this.committed].map(([partition, offset]) => ({ topic: TOPIC, partition, offset })))
  }

  /** Ends everything under way. */
  settle(): void {
    for (const producer of this.producers) {
      while (producer.queue.length > 0) this.#answerSend(producer)
      this.#endTransaction(producer)
    }
    this.rebalance()
    this.#drain(this.members)
  }

  #drain(consumers: readonly Consumer[]): void {
    for (const consumer of consumers) while (this.poll(consumer, 10) > 0) if (consumer.isGrouped) this.commit(consumer)
  }

  /** Reads everything there is, by a consumer of its own; `change` may tell the history otherwise. */
  audit(isCommitted: boolean, change: (reads: Read[]) => Read[] = (reads) => reads): Consumer {
    const client = this.name('auditor')
    const isolation = isCommitted ? 'read_committed' : 'read_uncommitted'
    const auditor: Consumer = { client, isCommitted, positions: new Map(), isGrouped: false, isZombie: false }
    this.recorder.openConsumer({ client, process: client, isolation, reset: 'earliest' })
    this.recorder.assigned({ client, partitions: this.logs.map((_, partition) => ({ topic: TOPIC, partition })) })
    for (const partition of this.logs.keys()) {
      this.recorder.seek({ client, topic: TOPIC, partition, offset: this.starts[partition] as number })
      auditor.positions.set(partition, this.starts[partition] as number)
    }
    this.poll(auditor, Number.POSITIVE_INFINITY, false, change)
    return auditor
  }
}

export interface Read {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly value: string
}
