/**
 * A member of a classic group, without I/O: `poll(now)` says what to send and when to look again; what comes back is told to it. Times are
 * monotonic milliseconds. The application's part, letting go of partitions and taking them up, is asked for by state: `released()` and
 * `adopted()` answer.
 */

import { ErrorCodes } from '@odradek/protocol'
import { brokerError, brokerErrorAction } from '../../errors/broker-error-actions.ts'
import type { KafkaError } from '../../errors/kafka-error.ts'
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
  #failures = 0
  #notBeforeMs = 0
  #nextHeartbeatMs = 0
  #sessionEndMs = Number.POSITIVE_INFINITY
  #pollEndMs = Number.POSITIVE_INFINITY
  #mustRejoin = false
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

  get protocolName(): string {
    return this.#protocolName
  }

  /** How the partitions go, in the state 'releasing'. */
  get release(): Release {
    return this.#release
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
    this.#become('joining')
  }

  /** Something that the others must know has changed: topics, partitions. */
  rejoin(): void {
    if (this.#state === 'stable') this.#giveUp('revoked')
    else if (this.#state !== 'detached' && this.#state !== 'failed') this.#mustRejoin = true
  }

  /** The application has polled: it is alive. */
  touched(nowMs: number): void {
    this.#pollEndMs = nowMs + this.#config.maxPollIntervalMs
  }

  /** Wants to be out of the group. A static member just goes: its place is kept for `session.timeout.ms`. */
  stop(): void {
    if (this.#state === 'detached') return
    this.#afterLeaving = 'detached'
    if (this.#state === 'leaving') return
    this.#underWay = undefined
    if (this.#memberId !== '' && this.#config.groupInstanceId === null && this.#state !== 'failed') this.#become('leaving')
    else this.#detach()
  }

  /** The application has let go. */
  released(): void {
    if (this.#state === 'releasing') this.#become('joining')
  }

  /** The application has taken up what it was given. */
  adopted(): void {
    if (this.#state !== 'adopting') return
    this.#become('stable')
    if (this.#mustRejoin) this.#giveUp('revoked')
  }

  /** The leader has shared out the partitions. */
  assigned(): void {
    if (this.#state === 'assigning') this.#become('syncing')
  }

  poll(nowMs: number): MembershipStep {
    if (this.#state === 'detached' || this.#state === 'failed') return idle
    if (this.#isMember && nowMs >= this.#pollEndMs) this.#expel()
    if (this.#coordinator === 'unknown') return this.#findCoordinator(nowMs)
    if (this.#coordinator === 'finding' || this.#underWay !== undefined) return { send: undefined, wakeAtMs: this.#pollWatchMs }
    switch (this.#state) {
      case 'joining':
        return this.#sendFrom('join', nowMs, this.#notBeforeMs)
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
    if (this.#state === 'detached') return
    if (this.#state === 'leaving') this.#left()
    else if (error.retriable) this.#backOff(nowMs)
    else this.#fail(error)
  }

  /** The connection to the coordinator broke or timed out with this under way. */
  onDisconnect(send: MembershipSend, nowMs: number): void {
    this.#coordinator = 'unknown'
    this.#backOff(nowMs)
    if (this.#state === 'assigning') this.#become('joining')
    if (this.#ends(send) && this.#state === 'leaving') this.#left()
  }

  onJoin(answer: JoinAnswer, nowMs: number): void {
    if (!this.#ends('join')) return
    if (answer.errorCode === ErrorCodes.MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId
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
    this.#mustRejoin = false
    this.#become(answer.leader === answer.memberId && !answer.skipAssignment ? 'assigning' : 'syncing')
  }

  onSync(errorCode: number, nowMs: number): void {
    if (!this.#ends('sync')) return
    if (errorCode !== ErrorCodes.NONE) {
      this.#onGroupError(errorCode, 'synchronise', nowMs)
      return
    }
    this.#become('adopting')
    this.#alive(nowMs)
  }

  onHeartbeat(errorCode: number, nowMs: number): void {
    if (!this.#ends('heartbeat')) return
    if (errorCode === ErrorCodes.NONE) this.#alive(nowMs)
    else this.#onMemberError(errorCode, 'heartbeat', nowMs)
  }

  onLeave(): void {
    if (this.#ends('leave')) this.#left()
  }

  /** A commit was refused with this: what it says about the membership. */
  onCommitError(errorCode: number, nowMs: number): void {
    if (brokerErrorAction(errorCode) === 'find-coordinator') this.#coordinator = 'unknown'
    else this.#onMemberError(errorCode, 'commit', nowMs)
  }

  /** Whether an answer is to what is under way, and not to something that was given up meanwhile. */
  #ends(send: MembershipSend): boolean {
    if (this.#underWay !== send) return false
    this.#underWay = undefined
    return true
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

  #sendFrom(send: MembershipSend, nowMs: number, fromMs: number): MembershipStep {
    if (nowMs < fromMs) return { send: undefined, wakeAtMs: Math.min(fromMs, this.#pollWatchMs) }
    this.#underWay = send
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
    this.#nextHeartbeatMs = nowMs + this.#config.heartbeatIntervalMs
    this.#sessionEndMs = nowMs + this.#config.sessionTimeoutMs
  }

  /** An answer to a join or sync: the partitions are already given up. */
  #onGroupError(errorCode: number, verb: string, nowMs: number): void {
    switch (brokerErrorAction(errorCode)) {
      case 'find-coordinator':
        this.#coordinator = 'unknown'
        this.#backOff(nowMs)
        break
      case 'rejoin':
        this.#forgetIdentity(errorCode)
        break
      case 'retry':
      case 'refresh-metadata':
        this.#backOff(nowMs)
        break
      default:
        this.#fail(brokerError(errorCode, `Cannot ${verb} in group '${this.#config.groupId}'`))
        return
    }
    if (this.#state !== 'joining') this.#become('joining')
  }

  /** An answer to a heartbeat or commit: the application may still hold partitions. */
  #onMemberError(errorCode: number, verb: string, nowMs: number): void {
    const action = brokerErrorAction(errorCode)
    if (action === 'find-coordinator') {
      this.#coordinator = 'unknown'
    } else if (errorCode === ErrorCodes.REBALANCE_IN_PROGRESS) {
      this.#alive(nowMs)
      this.rejoin()
    } else if (action === 'rejoin') {
      this.#forgetIdentity(errorCode)
      if (this.#state === 'stable' || this.#state === 'adopting' || this.#state === 'releasing') this.#giveUp('lost')
    } else if (action === 'fatal') {
      this.#fail(brokerError(errorCode, `Cannot ${verb} in group '${this.#config.groupId}'`))
    } else {
      this.#backOff(nowMs)
    }
  }

  #forgetIdentity(errorCode: number): void {
    if (errorCode === ErrorCodes.REBALANCE_IN_PROGRESS) return
    this.#generationId = NO_GENERATION
    if (errorCode === ErrorCodes.UNKNOWN_MEMBER_ID) this.#memberId = ''
  }

  /** `max.poll.interval.ms` is over. */
  #expel(): void {
    this.#pollEndMs = Number.POSITIVE_INFINITY
    const isStatic = this.#config.groupInstanceId !== null
    this.#generationId = NO_GENERATION
    this.#release = 'lost'
    if (isStatic) {
      this.#underWay = undefined
      this.#become('releasing')
      return
    }
    this.#afterLeaving = 'releasing'
    this.#underWay = undefined
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
