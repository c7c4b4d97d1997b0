/**
 * A member of a classic group, without I/O: `poll(now)` says what to send and when to look again; what comes back is told to it. Times are
 * monotonic milliseconds. The application's part, letting go of partitions and taking them up, is asked for by state: `released()` and
 * `adopted()` answer.
 */

import { ErrorCodes, errorByCode } from '@odradek/protocol'
import { brokerErrorAction } from '../../errors/broker-error-actions.ts'
import type { KafkaError } from '../../errors/kafka-error.ts'
import { refusedByGroup } from './advice.ts'
import type { MemberState } from './transitions.ts'
import { legalTransitions } from './transitions.ts'

export type MembershipSend = 'find-coordinator' | 'join' | 'sync' | 'heartbeat' | 'leave'

export interface MembershipStep {
  readonly send: MembershipSend | undefined
  /** Infinity: only an answer or a call changes anything. */
  readonly wakeAtMs: number
}

export interface MembershipConfig {
  readonly groupId: string
  readonly groupInstanceId: string | null
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly maxPollIntervalMs: number
  /** Pause before the next attempt, by the number of failures in a row. */
  readonly backoffMs: (failures: number) => number
}

/** How partitions go: handed back in order, or already someone else's. */
export type Release = 'revoked' | 'lost'

export interface JoinAnswer {
  readonly errorCode: number
  readonly generationId: number
  readonly memberId: string
  readonly leader: string
  readonly protocolName: string | null
  readonly skipAssignment: boolean
}

const NO_GENERATION = -1
/**
 * Members come and go in bursts, and one learns of a rebalance by its heartbeats: a young generation beats more often, each pause as long as
 * the generation is old, until `heartbeat.interval.ms` is reached.
 */
const FIRST_HEARTBEAT_MS = 100
/** A heartbeat is given up after a session. Later than that by so much, it was not the coordinator that was silent but this process. */
const LATE_MS = 100

export class ClassicMembership {
  readonly #config: MembershipConfig
  #state: MemberState = 'detached'
  #memberId = ''
  #generationId = NO_GENERATION
  #protocolName = ''
  #release: Release = 'revoked'
  #error: KafkaError | undefined
  #coordinator: 'unknown' | 'finding' | 'known' = 'unknown'
  #underWay: MembershipSend | undefined
  #attempt = 0
  #failures = 0
  #notBeforeMs = 0
  #nextHeartbeatMs = 0
  #generationFromMs = 0
  /** When the last request was sent, and since when the coordinator cannot have given this member up. */
  #sentMs = 0
  #knownAliveMs = 0
  #isInDoubt = false
  #sessionEndMs = Number.POSITIVE_INFINITY
  #pollEndMs = Number.POSITIVE_INFINITY
  #mustRejoin = false
  #rejoinReason = ''
  #leaveReason = ''
  #afterLeaving: 'detached' | 'releasing' = 'detached'

  constructor(config: MembershipConfig) {
    this.#config = config
  }

  get state(): MemberState {
    return this.#state
  }

  get memberId(): string {
    return this.#memberId
  }

  /** −1 outside a generation. */
  get generationId(): number {
    return this.#generationId
  }

  /** How long ago the member was told its part of this generation. */
  generationAgeMs(nowMs: number): number {
    return nowMs - this.#generationFromMs
  }

  /** From its join until it is told its part of the new generation. */
  get isRebalancing(): boolean {
    return this.#state === 'joining' || this.#state === 'assigning' || this.#state === 'syncing'
  }

  get protocolName(): string {
    return this.#protocolName
  }

  /** The number of the request sent last. What an earlier one brings, given up meanwhile, must not be told here. */
  get attempt(): number {
    return this.#attempt
  }

  /** How the partitions go, in the state 'releasing'. */
  get release(): Release {
    return this.#release
  }

  /**
   * Whether this process was stopped or busy for a whole session, so that no heartbeat went out: until the next one is answered, the
   * partitions may be another's, and none of their records may be handed over. A coordinator that cannot be reached is no reason.
   */
  get isInDoubt(): boolean {
    return this.#isInDoubt && this.#state === 'stable'
  }

  /**
   * Whether records may be handed over: not when partitions have to be let go of or taken up first, nor outside the group. While the others
   * join they may, of what it still holds.
   */
  get mayHandOver(): boolean {
    return (this.#state === 'stable' && !this.#isInDoubt) || this.isRebalancing
  }

  /** Why it joins (KIP-800); empty at first. */
  get rejoinReason(): string {
    return this.#rejoinReason
  }

  /** Why it leaves (KIP-800). */
  get leaveReason(): string {
    return this.#leaveReason
  }

  /** Why the state is 'failed'. */
  get error(): KafkaError | undefined {
    return this.#error
  }

  /** Wants to be in the group. */
  start(): void {
    if (this.#state !== 'detached' && this.#state !== 'failed') return
    this.#error = undefined
    this.#pollEndMs = Number.POSITIVE_INFINITY
    this.#rejoinReason = ''
    this.#become('joining')
  }

  /** Something that the others must know has changed: topics, partitions. */
  rejoin(reason: string): void {
    if (this.#state === 'detached' || this.#state === 'failed') return
    this.#rejoinReason = reason
    if (this.#state === 'stable') this.#giveUp('revoked')
    else this.#mustRejoin = true
  }

  /** The application has polled: it is alive. */
  touched(nowMs: number): void {
    this.#noticeSilence(nowMs)
    this.#pollEndMs = nowMs + this.#config.maxPollIntervalMs
  }

  /** The application has polled too long ago: the next step leaves. */
  isOverdue(nowMs: number): boolean {
    return this.#isMember && nowMs >= this.#pollEndMs
  }

  /** Wants to be out of the group. A static member just goes: its place is kept for `session.timeout.ms`. */
  stop(reason: string): void {
    if (this.#state === 'detached') return
    this.#afterLeaving = 'detached'
    this.#leaveReason = reason
    if (this.#state === 'leaving') return
    this.#underWay = undefined
    if (this.#memberId !== '' && this.#config.groupInstanceId === null && this.#state !== 'failed') this.#become('leaving')
    else this.#detach()
  }

  /** The application has let go. */
  released(): void {
    if (this.#state === 'releasing') this.#become('joining')
  }

  /**
   * Before the application takes up what it was given, which may be long after: without a word from the coordinator for a session, it may be
   * another's by now, and the member joins again instead.
   */
  isStillGiven(nowMs: number): boolean {
    if (this.#state !== 'adopting') return false
    if (nowMs - this.#knownAliveMs < this.#config.sessionTimeoutMs) return true
    this.#generationId = NO_GENERATION
    this.#rejoinReason = 'the session ended before the assignment was taken up'
    this.#underWay = undefined
    this.#giveUp('lost')
    return false
  }

  /** The application has taken up what it was given. With a reason it has to join again at once. */
  adopted(rejoinReason?: string): void {
    if (this.#state !== 'adopting') return
    this.#become('stable')
    if (rejoinReason !== undefined) this.rejoin(rejoinReason)
    else if (this.#mustRejoin) this.#giveUp('revoked')
  }

  /** The leader has shared out the partitions. */
  assigned(): void {
    if (this.#state === 'assigning') this.#become('syncing')
  }

  poll(nowMs: number): MembershipStep {
    if (this.#state === 'detached' || this.#state === 'failed') return idle
    this.#noticeSilence(nowMs)
    if (this.isOverdue(nowMs)) this.#expel()
    if (this.#coordinator === 'unknown') return this.#findCoordinator(nowMs)
    if (this.#coordinator === 'finding' || this.#underWay !== undefined) return { send: undefined, wakeAtMs: this.#pollWatchMs }
    switch (this.#state) {
      case 'joining':
        return this.#sendJoin(nowMs)
      case 'syncing':
        return this.#sendFrom('sync', nowMs, this.#notBeforeMs)
      case 'leaving':
        return this.#sendFrom('leave', nowMs, 0)
      case 'assigning':
        return { send: undefined, wakeAtMs: this.#pollWatchMs }
      default:
        return this.#beat(nowMs)
    }
  }

  onCoordinator(): void {
    this.#coordinator = 'known'
    this.#failures = 0
  }

  /** No answer, or none that says where the coordinator is. */
  onCoordinatorFailure(error: KafkaError, nowMs: number): void {
    this.#coordinator = 'unknown'
    this.#isInDoubt = false
    if (this.#state === 'detached') return
    if (this.#state === 'leaving') this.#left()
    else if (error.retriable) this.#backOff(nowMs)
    else this.#fail(error)
  }

  /** The connection to the coordinator broke or timed out with this under way. */
  onDisconnect(send: MembershipSend, nowMs: number): void {
    this.#coordinator = 'unknown'
    this.#isInDoubt = send === 'heartbeat' && nowMs - this.#sentMs >= this.#config.sessionTimeoutMs + LATE_MS
    this.#backOff(nowMs)
    if (this.#state === 'assigning') this.#become('joining')
    if (this.#ends(send) && this.#state === 'leaving') this.#left()
  }

  onJoin(answer: JoinAnswer, nowMs: number): void {
    if (!this.#ends('join')) return
    if (answer.errorCode === ErrorCodes.MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId
      this.#rejoinReason = `need to re-join with the given member-id: ${answer.memberId}`
      return
    }
    if (answer.errorCode !== ErrorCodes.NONE) {
      this.#onGroupError(answer.errorCode, 'join', nowMs)
      return
    }
    this.#memberId = answer.memberId
    this.#generationId = answer.generationId
    this.#protocolName = answer.protocolName ?? ''
    this.#failures = 0
    this.#become(answer.leader === answer.memberId && !answer.skipAssignment ? 'assigning' : 'syncing')
  }

  onSync(errorCode: number, nowMs: number): void {
    if (!this.#ends('sync')) return
    if (errorCode !== ErrorCodes.NONE) {
      this.#onGroupError(errorCode, 'synchronise', nowMs)
      return
    }
    this.#become('adopting')
    if (!this.#mustRejoin) this.#rejoinReason = ''
    this.#generationFromMs = nowMs
    // The answer may have been long on its way, and the group have gone on meanwhile.
    this.#knownAliveMs = this.#sentMs
    this.#isInDoubt = false
    this.#alive(nowMs)
  }

  onHeartbeat(errorCode: number, nowMs: number): void {
    if (!this.#ends('heartbeat')) return
    if (errorCode === ErrorCodes.NONE) {
      this.#knownAliveMs = this.#sentMs
      // The answer to one from before the silence says nothing.
      this.#isInDoubt &&= nowMs - this.#sentMs >= this.#config.sessionTimeoutMs
      this.#alive(nowMs)
      if (this.#isInDoubt) this.#nextHeartbeatMs = nowMs
    } else this.#onMemberError(errorCode, 'heartbeat', nowMs)
  }

  onLeave(): void {
    if (this.#ends('leave')) this.#left()
  }

  /** A commit of this generation was refused with this: what it says about the membership. */
  onCommitError(errorCode: number, generationId: number, nowMs: number): void {
    if (brokerErrorAction(errorCode) === 'find-coordinator') this.#coordinator = 'unknown'
    else if (generationId === this.#generationId && this.#isMember) this.#onMemberError(errorCode, 'commit', nowMs)
  }

  /** Whether this is what is under way, and has not been given up meanwhile. */
  #ends(send: MembershipSend): boolean {
    if (this.#underWay !== send) return false
    this.#underWay = undefined
    return true
  }

  #noticeSilence(nowMs: number): void {
    const { sessionTimeoutMs } = this.#config
    if (this.#state !== 'stable' || this.#coordinator !== 'known' || nowMs - this.#knownAliveMs < sessionTimeoutMs) return
    if (this.#underWay === undefined || nowMs - this.#sentMs >= sessionTimeoutMs) this.#isInDoubt = true
  }

  get #isMember(): boolean {
    return this.#generationId !== NO_GENERATION && this.#state !== 'leaving'
  }

  /** While the application holds partitions, its polling is watched. */
  get #pollWatchMs(): number {
    return this.#isMember ? this.#pollEndMs : Number.POSITIVE_INFINITY
  }

  #findCoordinator(nowMs: number): MembershipStep {
    if (nowMs < this.#notBeforeMs) return { send: undefined, wakeAtMs: Math.min(this.#notBeforeMs, this.#pollWatchMs) }
    this.#coordinator = 'finding'
    return { send: 'find-coordinator', wakeAtMs: this.#pollWatchMs }
  }

  #sendJoin(nowMs: number): MembershipStep {
    const step = this.#sendFrom('join', nowMs, this.#notBeforeMs)
    // What has changed so far is in this request.
    if (step.send !== undefined) this.#mustRejoin = false
    return step
  }

  #sendFrom(send: MembershipSend, nowMs: number, fromMs: number): MembershipStep {
    if (nowMs < fromMs) return { send: undefined, wakeAtMs: Math.min(fromMs, this.#pollWatchMs) }
    this.#underWay = send
    this.#attempt++
    this.#sentMs = nowMs
    return { send, wakeAtMs: this.#pollWatchMs }
  }

  #beat(nowMs: number): MembershipStep {
    if (!this.#isMember) return idle
    if (nowMs >= this.#sessionEndMs) {
      // The coordinator has been silent for a whole session: it may be another node by now.
      this.#coordinator = 'unknown'
      this.#sessionEndMs = nowMs + this.#config.sessionTimeoutMs
      return this.#findCoordinator(nowMs)
    }
    const step = this.#sendFrom('heartbeat', nowMs, Math.max(this.#nextHeartbeatMs, this.#notBeforeMs))
    return step.send === undefined ? { send: undefined, wakeAtMs: Math.min(step.wakeAtMs, this.#sessionEndMs) } : step
  }

  #alive(nowMs: number): void {
    this.#failures = 0
    const ageMs = Math.max(FIRST_HEARTBEAT_MS, nowMs - this.#generationFromMs)
    this.#nextHeartbeatMs = nowMs + Math.min(ageMs, this.#config.heartbeatIntervalMs)
    this.#sessionEndMs = nowMs + this.#config.sessionTimeoutMs
  }

  /** An answer to a join or sync. What the member holds it keeps, unless the group no longer knows it. */
  #onGroupError(errorCode: number, verb: string, nowMs: number): void {
    switch (brokerErrorAction(errorCode)) {
      case 'find-coordinator':
        this.#coordinator = 'unknown'
        this.#backOff(nowMs)
        break
      case 'rejoin':
        if (errorCode !== ErrorCodes.REBALANCE_IN_PROGRESS) return this.#loseIdentity(errorCode)
        break
      case 'retry':
      case 'refresh-metadata':
        this.#backOff(nowMs)
        break
      default:
        this.#fail(refusedByGroup(errorCode, `Cannot ${verb} in group '${this.#config.groupId}'`))
        return
    }
    this.#rejoinReason = `rebalance failed due to ${errorByCode(errorCode).name}`
    if (this.#state !== 'joining') this.#become('joining')
  }

  /** An answer to a heartbeat or commit. */
  #onMemberError(errorCode: number, verb: string, nowMs: number): void {
    const action = brokerErrorAction(errorCode)
    if (action === 'find-coordinator') {
      this.#coordinator = 'unknown'
    } else if (errorCode === ErrorCodes.REBALANCE_IN_PROGRESS) {
      this.#alive(nowMs)
      if (this.#state === 'stable' || this.#state === 'adopting') this.rejoin('group is already rebalancing')
    } else if (action === 'rejoin') {
      this.#loseIdentity(errorCode)
    } else if (action === 'fatal') {
      this.#fail(refusedByGroup(errorCode, `Cannot ${verb} in group '${this.#config.groupId}'`))
    } else {
      this.#backOff(nowMs)
    }
  }

  /** The group has gone on without this member: its partitions are others' by now. */
  #loseIdentity(errorCode: number): void {
    this.#generationId = NO_GENERATION
    // After ILLEGAL_GENERATION the id is still good, and the group need not wait for it to time out.
    if (errorCode !== ErrorCodes.ILLEGAL_GENERATION) this.#memberId = ''
    this.#rejoinReason = `encountered ${errorByCode(errorCode).name}`
    this.#underWay = undefined
    this.#giveUp('lost')
  }

  /** `max.poll.interval.ms` is over. */
  #expel(): void {
    this.#pollEndMs = Number.POSITIVE_INFINITY
    this.#generationId = NO_GENERATION
    this.#release = 'lost'
    this.#underWay = undefined
    this.#leaveReason = 'consumer poll timeout has expired.'
    this.#rejoinReason = 'consumer pro-actively leaving the group'
    if (this.#config.groupInstanceId !== null) {
      // Its place is kept for `session.timeout.ms`, and taken again under a new id.
      this.#memberId = ''
      this.#become('releasing')
      return
    }
    this.#afterLeaving = 'releasing'
    this.#become('leaving')
  }

  #giveUp(release: Release): void {
    this.#mustRejoin = false
    this.#release = release
    this.#become('releasing')
  }

  #left(): void {
    this.#memberId = ''
    this.#generationId = NO_GENERATION
    if (this.#afterLeaving === 'releasing') this.#become('releasing')
    else this.#detach()
  }

  #detach(): void {
    this.#memberId = ''
    this.#generationId = NO_GENERATION
    this.#underWay = undefined
    this.#mustRejoin = false
    this.#become('detached')
  }

  #fail(error: KafkaError): void {
    this.#error = error
    this.#generationId = NO_GENERATION
    this.#memberId = ''
    this.#become('failed')
  }

  #backOff(nowMs: number): void {
    this.#notBeforeMs = nowMs + this.#config.backoffMs(this.#failures++)
  }

  #become(state: MemberState): void {
    if (!legalTransitions[this.#state].includes(state)) throw new RangeError(`A group member cannot go from ${this.#state} to ${state}`)
    this.#state = state
  }
}

const idle: MembershipStep = { send: undefined, wakeAtMs: Number.POSITIVE_INFINITY }
