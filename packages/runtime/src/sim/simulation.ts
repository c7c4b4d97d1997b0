/**
 * Owns a simulated world: hosts with disks and wall clocks, a network between them and a virtual time for all. Everything that happens in
 * it follows from the seed, so that a failure can be had again, and hours of it pass in seconds.
 */

import type { CodecName, Codecs } from '../codecs.ts'
import { createNodeCodecs } from '../node/codecs/codecs.ts'
import type { Runtime } from '../runtime.ts'
import { defaultDiskOptions, type DiskOptions } from './disk.ts'
import { type DiskControl, type DiskFaults, noDiskFaults } from './disk-control.ts'
import { FaultCounters } from './faults.ts'
import { SimHost } from './host.ts'
import { defaultNetworkOptions, NetworkFabric, type NetworkOptions } from './network-fabric.ts'
import { NetworkControl } from './network-control.ts'
import { ProcessClock } from './process-clock.ts'
import { ProcessFiles } from './process-files.ts'
import { ProcessNetwork } from './process-network.ts'
import { ProcessWorkers } from './process-workers.ts'
import type { SimProcess } from './process.ts'
import { RandomStream } from './random-stream.ts'
import { type RunLimits, Timeline } from './timeline.ts'
import { Trace } from './trace.ts'
import { World } from './world.ts'

export interface SimulationOptions {
  /** What everything random follows from; any integer. */
  readonly seed: number
  readonly network?: Partial<NetworkOptions>
  readonly disk?: Partial<DiskOptions>
  /** Probabilities for every disk; a host's `disk(host).setFaults` changes its own. */
  readonly diskFaults?: Partial<DiskFaults>
  /** Wall-clock time at which it begins, in milliseconds since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly epochMs?: number
  /** Entries of the trace that are kept for printing; the hash covers all. Default 10,000. */
  readonly traceCapacity?: number
}

const DEFAULT_EPOCH_MS = 1_767_225_600_000
const DEFAULT_TRACE_CAPACITY = 10_000
const DEFAULT_LIMITS: RunLimits = { limitMs: 3_600_000, limitEvents: 20_000_000 }
const CODEC_NAMES: readonly CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd']

export class Simulation {
  readonly seed: number
  readonly trace: Trace
  readonly faults: FaultCounters = new FaultCounters()
  readonly network: NetworkControl
  readonly #options: SimulationOptions
  readonly #timeline: Timeline
  readonly #world: World
  readonly #fabric: NetworkFabric
  readonly #hosts = new Map<string, SimHost>()
  readonly #runtimes = new WeakMap<SimProcess, Runtime>()
  readonly #codecs: Codecs = createNodeCodecs()
  #isRunning = false

  constructor(options: SimulationOptions) {
    this.#options = options
    this.seed = options.seed
    this.trace = new Trace(options.traceCapacity ?? DEFAULT_TRACE_CAPACITY)
    this.#timeline = new Timeline(this.trace)
    this.#world = new World(options.seed, options.epochMs ?? DEFAULT_EPOCH_MS, this.#timeline, this.trace, this.faults)
    this.#fabric = new NetworkFabric(this.#world, { ...defaultNetworkOptions, ...options.network })
    this.network = new NetworkControl(this.#world, this.#fabric)
  }

  /** Virtual milliseconds since the beginning. */
  get elapsedMs(): number {
    return this.#timeline.nowUs / 1000
  }

  /** Events that have happened so far. */
  get eventCount(): number {
    return this.#timeline.executedCount
  }

  /** The runtime of the process on this host. Starts one when there is none: on a host's first use, and after a kill or power loss. */
  runtime(hostName: string): Runtime {
    const host = this.#host(hostName)
    const living = host.process
    const known = living === undefined ? undefined : this.#runtimes.get(living)
    if (known !== undefined) return known
    const process = host.start()
    const runtime: Runtime = {
      clock: new ProcessClock(this.#world, process, host.wallClock),
      random: new RandomStream(this.seed, `process/${process.name}`),
      network: new ProcessNetwork({ world: this.#world, fabric: this.#fabric, host, process }),
      files: new ProcessFiles(this.#world, host, process),
      codecs: this.#codecs,
      workers: new ProcessWorkers(process, this.#codecs),
    }
    this.#runtimes.set(process, runtime)
    return runtime
  }

  /** The disk of a host, to look at and to break. */
  disk(hostName: string): DiskControl {
    return this.#host(hostName).diskControl
  }

  /** The address of a host, as its name resolves. */
  address(hostName: string): string {
    return this.#host(hostName).address
  }

  /**
   * Ends the host's process as `kill -9` does: timers and promises come to nothing, peers see its sockets close or reset, file operations under way
   * have happened, half happened or not. What it had written, synced or not, stays. A no-op when none is running.
   */
  kill(hostName: string): void {
    this.#host(hostName).kill()
  }

  /** As `kill`, at the end of the process's timer or file operation that is so many away: between any two steps of what it does. */
  killAfter(hostName: string, events: number): void {
    const host = this.#host(hostName)
    host.process?.killAfter(events, () => host.kill())
  }

  /** Calls `listener` when the process that runs on the host dies, however it does. Returns its removal. */
  onDeath(hostName: string, listener: () => void): () => void {
    return this.#host(hostName).process?.onDeath(listener) ?? ((): void => undefined)
  }

  /** Ends the host's machine: as `kill`, but peers hear nothing, and of what was not synced only some is there afterwards. */
  powerLoss(hostName: string): void {
    this.#host(hostName).losePower()
  }

  /** Moves the host's wall clock forwards or, when negative, backwards. Its monotonic clock and timers go on as they did. */
  stepWallClock(hostName: string, byMs: number): void {
    this.#host(hostName).wallClock.offsetMs += byMs
    this.#world.fault(hostName, 'clock-stepped', byMs)
  }

  /** Resolves after so much virtual time. For the scenario; a process has timers of its own. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timeline.after(delayMs * 1000, 'sleep', undefined, resolve)
    })
  }

  /**
   * Runs `main` and, until it settles, everything else that happens. Settles as `main` does. Rejects with `DeadlockError` when nothing is left that could settle it,
   * with `RunLimitError` beyond the limits (default: an hour of virtual time, 20 million events), and with whatever an event throws. What is still to happen
   * afterwards waits for the next run.
   */
  async run<T>(main: () => Promise<T>, limits: Partial<RunLimits> = {}): Promise<T> {
    if (this.#isRunning) throw new Error('the simulation is already running')
    this.#isRunning = true
    try {
      // Loading native code is real I/O, whose end would fall anywhere in virtual time.
      for (const name of CODEC_NAMES) await this.#codecs.load(name)
      let outcome: { readonly value: T } | { readonly error: unknown } | undefined
      const settled = main().then(
        (value) => (outcome = { value }),
        (error: unknown) => (outcome = { error }),
      )
      await this.#timeline.drive(
        () => outcome !== undefined,
        { ...DEFAULT_LIMITS, ...limits },
        () => this.pending(),
      )
      const result = await settled
      if ('error' in result) throw result.error
      return result.value
    } finally {
      this.#isRunning = false
    }
  }

  /** Lets so much virtual time pass. */
  async advance(byMs: number): Promise<void> {
    await this.run(() => this.sleep(byMs), { limitMs: byMs })
  }

  /** What is still to happen and what is open, one line each. */
  pending(): string[] {
    const hosts = [...this.#hosts.values()].map((host) => `host ${host.name}: ${host.process?.name ?? 'no process'}`)
    return [...hosts, ...this.#timeline.describePending(), ...this.#fabric.describe()]
  }

  #host(name: string): SimHost {
    let host = this.#hosts.get(name)
    if (host === undefined) {
      const number = this.#hosts.size + 1
      host = new SimHost(this.#world, name, `10.0.${number >> 8}.${number & 0xff}`, this.#diskOptions(), this.#diskFaults())
      this.#hosts.set(name, host)
      this.#fabric.addHost(host)
    }
    return host
  }

  #diskOptions(): DiskOptions {
    return { ...defaultDiskOptions, ...this.#options.disk }
  }

  #diskFaults(): DiskFaults {
    return { ...noDiskFaults, ...this.#options.diskFaults }
  }
}

/** A world of its own; nothing is shared between two of them. */
export function createSimulation(options: SimulationOptions): Simulation {
  return new Simulation(options)
}
