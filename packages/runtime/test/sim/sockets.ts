/** What the tests of the simulated network share: handlers that write down what happens. */

import type { Runtime, Socket, SocketHandler } from '../../src/index.ts'
import type { Simulation } from '../../src/sim/index.ts'

/** Collects the events of one socket as text. */
export class Recorder implements SocketHandler {
  readonly events: string[] = []
  text = ''
  /** Arrival of data, in virtual milliseconds. */
  readonly dataAtMs: number[] = []
  readonly #simulation: Simulation

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  onData(chunk: Buffer): void {
    this.text += chunk.toString()
    this.dataAtMs.push(this.#simulation.elapsedMs)
  }

  onDrain(): void {
    this.events.push('drain')
  }

  onEnd(): void {
    this.events.push('end')
  }

  onClose(error?: Error): void {
    this.events.push(error === undefined ? 'close' : `close ${error.message.split(':')[0]}`)
  }
}

export interface Pair {
  readonly client: Socket
  readonly server: Socket
  readonly clientSees: Recorder
  readonly serverSees: Recorder
}

export const PORT = 9092

/** A connection from host `client` to host `server`. */
export async function connect(simulation: Simulation): Promise<Pair> {
  const serverSees = new Recorder(simulation)
  const clientSees = new Recorder(simulation)
  let server: Socket | undefined
  const listener = await simulation.runtime('server').network.listen({ host: '0.0.0.0', port: PORT }, (socket) => {
    server = socket
    return serverSees
  })
  const client = await simulation.runtime('client').network.connect(address(), clientSees)
  await listener.close()
  if (server === undefined) throw new Error('connected but not accepted')
  return { client, server, clientSees, serverSees }
}

export function address(timeoutMs = 1000): { host: string; port: number; timeoutMs: number } {
  return { host: 'server', port: PORT, timeoutMs }
}

/** Sends back what it gets. */
export async function serveEcho(runtime: Runtime): Promise<void> {
  await runtime.network.listen({ host: '0.0.0.0', port: PORT }, (socket) => ({
    onData: (chunk) => void socket.write([chunk]),
    onClose: () => undefined,
  }))
}

/** The code of the error that `promise` rejects with, or `resolved`. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'resolved'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}
