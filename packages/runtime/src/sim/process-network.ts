/** Owns a process's way to the network. */

import type { ConnectOptions, Listener, ListenOptions, Network, Socket, SocketHandler } from '../network.ts'
import { ConnectAttempt, type ConnectContext } from './connect-attempt.ts'
import { SystemError } from './errors.ts'
import { isLiteral } from './network-fabric.ts'
import type { RandomStream } from './random-stream.ts'

const LOOKUP_US = { min: 100, max: 1000 }
const BIND_US = 20

export class ProcessNetwork implements Network {
  readonly #context: ConnectContext
  readonly #random: RandomStream

  constructor(context: ConnectContext) {
    this.#context = context
    this.#random = context.world.stream(`network/${context.process.name}/names`)
  }

  connect(options: ConnectOptions, handler: SocketHandler): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const attempt = new ConnectAttempt(this.#context, options, handler, resolve, reject)
      this.resolve(options.host).then(
        ([address]) => attempt.start(address ?? options.host),
        (error: Error) => attempt.fail(error),
      )
    })
  }

  listen(options: ListenOptions, accept: (socket: Socket) => SocketHandler): Promise<Listener> {
    const { fabric, host, process } = this.#context
    return process.later(BIND_US, 'network', () => {
      const bound = fabric.bind(process, host, options, accept)
      const unbind = (): void => fabric.unbind(host, bound)
      const forgetDeath = process.onDeath(unbind)
      const close = (): Promise<void> =>
        process.later(BIND_US, 'network', () => {
          forgetDeath()
          unbind()
        })
      return { host: bound.address, port: bound.port, close }
    })
  }

  resolve(name: string): Promise<string[]> {
    const { fabric, host, process, world } = this.#context
    if (isLiteral(name)) return process.later(0, 'network', () => [name])
    const fails = this.#random.chance(fabric.faults.nameLookupFailed)
    return process.later(this.#random.within(LOOKUP_US), 'network', () => {
      if (fails) {
        world.fault(host.name, 'name-lookup-failed')
        throw new SystemError('ENOTFOUND', 'getaddrinfo', name)
      }
      return fabric.addresses(name)
    })
  }
}
